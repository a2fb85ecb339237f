// Statistics over repeats.
#pragma once

#include <span>

namespace sgdbench {

/// Median of the values (mean of the middle two for an even count); the span must not be empty.
double median(std::span<const double> values);

}  // namespace sgdbench
