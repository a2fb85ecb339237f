#include "results/statistics.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

namespace sgdbench {
namespace {

// In double throughout: long double would take as long again to compile, for digits that are not
// used.
namespace policies = boost::math::policies;
using InDouble = policies::promote_double<false>;
using RoundedUp = policies::discrete_quantile<policies::integer_round_up>;
using Normal = boost::math::normal_distribution<double, policies::policy<InDouble>>;
using Binomial = boost::math::binomial_distribution<double, policies::policy<InDouble, RoundedUp>>;

}  // namespace

double normal_tail(double z) {
  return cdf(complement(Normal(), z));
}

double normal_quantile(double p) {
  return quantile(Normal(), p);
}

double normal_two_sided(double error) {
  return quantile(complement(Normal(), error / 2));
}

std::size_t median_rank(std::size_t n, double error) {
  if (n == 0) return 0;
  constexpr double kSlack = 1 + 1e-9;  // rounding: 2·2⁻⁵ must count as 1 − 0.9375
  const Binomial heads(static_cast<double>(n), 0.5);
  const auto k = static_cast<std::size_t>(quantile(heads, error / 2 * kSlack));
  return std::min(k, (n + 1) / 2);
}

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
  const auto k = median_rank(values.size(), 1 - confidence);
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

}  // namespace sgdbench
