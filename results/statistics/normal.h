// The normal distribution, for samples too large for exact counting.
#pragma once

#include <cmath>
#include <numbers>

namespace sgdbench {

/// P(Z > z).
inline double normal_tail(double z) {
  return 0.5 * std::erfc(z / std::numbers::sqrt2);
}

/// The z with P(|Z| > z) = error, for an error in (0, 1]: by bisection, as nothing here is hot.
inline double normal_two_sided(double error) {
  double low = 0, high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (2 * normal_tail(middle) > error ? low : high) = middle;
  }
  return high;
}

}  // namespace sgdbench
