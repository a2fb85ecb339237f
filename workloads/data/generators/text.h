// The numbers that make the text model look like each of its models (see text_model.h).
#pragma once

#include "workloads/data/generators/text_model.h"

namespace sgdbench {

inline constexpr TextFamily kRcv1Family = {74, 0.55, 6, 300, 39, 0};
inline constexpr TextFamily kRealSimFamily = {51.5, 0.8, 6, 300, 29, -4.8};
inline constexpr TextFamily kNews20Family = {455, 0.9, 30, 300, 113, 0};
inline constexpr TextFamily kW8aFamily = {11.7, 0.5, 6, 300, 3, -19.5, true};

}  // namespace sgdbench
