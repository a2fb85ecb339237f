#include "results/resolution.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "results/statistics.h"

namespace sgdbench {
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
