// Targets as the models want them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "workloads/data/matrix.h"

namespace sgdbench {

/// The number of every row's class among `classes` (ascending); throws UsageError for a label that
/// is none of them.
std::vector<std::uint32_t> class_numbers(const Dataset& data, std::span<const float> classes);

/// The lower of two labels as −1, the higher as +1; throws UsageError as above.
std::vector<Real> signs(const Dataset& data, std::span<const float> classes);

}  // namespace sgdbench
