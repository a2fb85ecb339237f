#include "results/statistics.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <vector>

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

namespace {

/// s/x̄, s² = ∑(xᵢ − x̄)²/(n − 1)
double relative_deviation(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double x : values) sum += x;
  const double mean = sum / n;
  for (const double x : values) squares += (x - mean) * (x - mean);
  return mean > 0 ? std::sqrt(squares / (n - 1)) / mean : 0;
}

std::vector<double> block_means(std::span<const double> values, std::size_t block) {
  std::vector<double> means;
  for (std::size_t i = 0; i + block <= values.size(); i += block) {
    double sum = 0;
    for (const double x : values.subspan(i, block)) sum += x;
    means.push_back(sum / static_cast<double>(block));
  }
  return means;
}

/// ln σ₁/σ_k over ln k, within [0, ½].
double decay_of(double piece_spread, double block_spread, std::size_t block) {
  if (block < 2) return 0;
  if (!(block_spread > 0)) return 0.5;
  const double h = std::log(piece_spread / block_spread) / std::log(static_cast<double>(block));
  return std::clamp(h, 0.0, 0.5);
}

}  // namespace

std::optional<Noise> noise_of(std::span<const double> seconds, double block_s, double run_s) {
  if (seconds.empty()) return std::nullopt;
  Noise noise;
  noise.median_s = median(seconds);
  const double pieces = std::max(1.0, std::round(block_s / noise.median_s));
  const auto block =
      static_cast<std::size_t>(std::min(pieces, static_cast<double>(seconds.size())));
  const auto blocks = block_means(seconds, block);
  if (blocks.size() < 3) return std::nullopt;
  std::vector<double> sorted(seconds.begin(), seconds.end());
  std::sort(sorted.begin(), sorted.end());
  noise.p05_s = sorted[sorted.size() / 20];
  noise.p95_s = sorted[sorted.size() - 1 - sorted.size() / 20];
  noise.piece_spread = relative_deviation(seconds);
  noise.block_spread = relative_deviation(blocks);
  noise.decay = decay_of(noise.piece_spread, noise.block_spread, block);
  noise.run_spread = noise.block_spread * std::pow(block_s / run_s, noise.decay);
  return noise;
}

}  // namespace sgdbench
