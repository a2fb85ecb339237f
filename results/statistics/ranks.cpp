#include "results/statistics/ranks.h"

#include <algorithm>

namespace sgdbench {

std::vector<TieGroup> tie_groups(std::span<const double> sorted) {
  std::vector<TieGroup> groups;
  for (std::size_t first = 0; first < sorted.size();) {
    std::size_t last = first;
    while (last + 1 < sorted.size() && sorted[last + 1] == sorted[first]) ++last;
    groups.push_back({last - first + 1, first + last + 2});
    first = last + 1;
  }
  return groups;
}

std::size_t cut_off(std::span<const double> probabilities, double error) {
  double tail = 0;
  std::size_t k = 0;
  for (; k < probabilities.size() / 2; ++k) {
    tail += probabilities[k];
    if (2 * tail > error * kRounding) break;
  }
  return k;
}

double two_sided(std::span<const double> probabilities, std::size_t x) {
  double below = 0, above = 0;
  for (std::size_t i = 0; i <= x; ++i) below += probabilities[i];
  for (std::size_t i = x; i < probabilities.size(); ++i) above += probabilities[i];
  return std::min(1.0, 2 * std::min(below, above));
}

}  // namespace sgdbench
