// What differences a machine can resolve, from the times of equal pieces of work.
//
// A run is a long row of pieces, so its time scatters as the mean of a block of pieces does. If
// pieces were independent, a block of k would scatter by σ₁/√k; they are not, because the causes of
// noise (a neighbour, a clock rate) last. So two lengths are measured and the law between them is
// used beyond: with σ₁ and σ_k the relative standard deviations of pieces and of blocks of k,
//
//   σ(m pieces) = σ_k · (k/m)^h,   h = ln(σ₁/σ_k) / ln k,  kept within [0, ½].
//
// From n repeats, the distribution-free interval of the median is [x₍r₎, x₍n+1₋r₎] with the largest
// rank r for which 1 − 2·P(B < r) ≥ 95 %, B binomial(n, ½). A run's time being a sum of many
// pieces, its distribution is taken as normal; then the interval's half-width is expected to be
//
//   w(n) = σ · Φ⁻¹((n + 1 − r − ⅜) / (n + ¼))        (Blom 1958)
//
// and a difference is called resolved when it is 2·w(n): the two intervals come apart.
//
// What changes more slowly than the probe lasts (seconds) is not in it: runs that are interleaved,
// as ours are, share it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace sgdbench {

struct Noise {
  double median_s = 0, p05_s = 0, p95_s = 0;  ///< of the pieces
  double piece_spread = 0;                    ///< σ₁
  double block_spread = 0;                    ///< σ_k
  double decay = 0;                           ///< h: ½ for independent pieces
  double run_spread = 0;                      ///< σ of a run
};

/// Noise of runs of `run_s` seconds, from pieces and from blocks of as many pieces as take about
/// `block_s`. Nothing for fewer than three blocks.
std::optional<Noise> noise_of(std::span<const double> seconds, double block_s, double run_s);

/// 2·w(n), relative; nothing for n < 6.
std::optional<double> resolved_difference(double run_spread, std::size_t n);

/// The smallest n that resolves `difference`; nothing if 1000 do not.
std::optional<std::size_t> repeats_to_resolve(double run_spread, double difference);

}  // namespace sgdbench
