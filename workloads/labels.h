// Targets as the models want them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "workloads/data/matrix.h"

namespace sgdbench {

/// The number of every row's class among `classes` (ascending); throws BadData for a label that is
/// none of them.
std::vector<std::uint32_t> class_numbers(const Dataset& data, std::span<const float> classes);

/// The lower of two labels as −1, the higher as +1; throws BadData as above.
std::vector<Real> signs(const Dataset& data, std::span<const float> classes);

}  // namespace sgdbench
