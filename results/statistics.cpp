#include "results/statistics.h"

#include <algorithm>
#include <vector>

namespace sgdbench {

double median(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  if (sorted.size() % 2 == 1) return *middle;
  const double below = *std::max_element(sorted.begin(), middle);
  // Halved first: the sum of two large values would overflow. Equal ones (infinite too) stay.
  return below == *middle ? below : below / 2 + *middle / 2;
}

}  // namespace sgdbench
