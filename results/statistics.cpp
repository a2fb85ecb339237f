#include "results/statistics.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace sgdbench {
namespace {

/// Largest k with 2·P(Binomial(n, ½) ≤ k − 1) ≤ error; 0 where there is none. Each term is made
/// in logarithms: 2⁻ⁿ alone is 0 beyond n = 1074.
std::size_t sign_test_rank(std::size_t n, double error) {
  const auto size = static_cast<double>(n);
  double tail = 0;
  std::size_t k = 0;
  for (; k < (n + 1) / 2; ++k) {
    const auto i = static_cast<double>(k);
    tail += std::exp(std::lgamma(size + 1) - std::lgamma(i + 1) - std::lgamma(size - i + 1) -
                     size * std::numbers::ln2);
    // The slack is lgamma's rounding: 2·2⁻⁵ must count as 1 − 0.9375.
    if (2 * tail > error * (1 + 1e-9)) break;
  }
  return k;
}

}  // namespace

double median(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  if (sorted.size() % 2 == 1) return *middle;
  const double below = *std::max_element(sorted.begin(), middle);
  // Halved first: the sum of two large values would overflow. Equal ones (infinite too) stay.
  return below == *middle ? below : below / 2 + *middle / 2;
}

std::optional<ConfidenceInterval> median_interval(std::span<const double> values,
                                                  double confidence) {
  const auto k = sign_test_rank(values.size(), 1 - confidence);
  if (k == 0) return std::nullopt;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return ConfidenceInterval{sorted[k - 1], sorted[sorted.size() - k]};
}

std::optional<ConfidenceInterval> median_interval(std::span<const double> lows,
                                                  std::span<const double> highs,
                                                  double confidence) {
  const auto least = median_interval(lows, confidence), most = median_interval(highs, confidence);
  if (!least || !most) return std::nullopt;
  return ConfidenceInterval{least->low, most->high};
}

double geometric_mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += std::log(value);
  return std::exp(sum / static_cast<double>(values.size()));
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> corrected(p.size());
  double before = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    before = std::max(before, std::min(1.0, p[order[i]] * static_cast<double>(p.size() - i)));
    corrected[order[i]] = before;
  }
  return corrected;
}

}  // namespace sgdbench
