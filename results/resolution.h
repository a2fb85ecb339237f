// How much the times of runs scatter on a machine, from those of equal pieces of work. What a gate
// finds through it, results/comparison says.
//
// A run is a long row of pieces, so its time scatters as the mean of a block of pieces does. If
// pieces were independent, a block of k would scatter by σ₁/√k; they are not, because the causes of
// noise (a neighbour, a clock rate) last. So two lengths are measured and the law between them is
// used beyond: with σ₁ and σ_k the relative standard deviations of pieces and of blocks of k,
//
//   σ(m pieces) = σ_k · (k/m)^h,   h = ln(σ₁/σ_k) / ln k,  kept within [0, ½].
//
// What changes more slowly than the probe lasts (seconds) is not in it: runs that are interleaved,
// as ours are, share it.
#pragma once

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

}  // namespace sgdbench
