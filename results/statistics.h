// Statistics over repeats. Nothing is assumed of the distribution of run times: medians, order
// statistics and ranks only, so that a single slow repeat cannot decide anything. Infinite values
// (a target that was missed) are ordinary: they sort last. NaN is not.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace sgdbench {

/// From low to high, both included; either may be infinite.
struct ConfidenceInterval {
  double low = 0, high = 0;
};

/// Median of the values (mean of the middle two for an even count); the span must not be empty.
double median(std::span<const double> values);

/// P(Z > z), Z of the standard normal distribution.
double normal_tail(double z);

/// The z with P(Z ≤ z) = p, for p in (0, 1).
double normal_quantile(double p);

/// The z with P(|Z| > z) = error, for an error in (0, 1].
double normal_two_sided(double error);

/// The largest k with 2·P(Binomial(n, ½) ≤ k − 1) ≤ error: the rank of the least and of the
/// greatest of n values between which their median lies but for this error; 0 where there is none.
std::size_t median_rank(std::size_t n, double error);

/// Of every interval of a median, in tables, exports and notes: five repeats, the default, have
/// one.
inline constexpr double kMedianConfidence = 0.9;

/// ConfidenceInterval that holds the population's median with at least this probability, whatever
/// the distribution: the k-th smallest and k-th largest value with the largest k for which
///   1 − 2·P(Binomial(n, ½) ≤ k − 1) ≥ confidence
/// (the sign test, inverted: Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2).
/// Nothing where n is too small: two-sided 90 % needs 5 values, 95 % 6, 99 % 8.
std::optional<ConfidenceInterval> median_interval(std::span<const double> values,
                                                  double confidence);

/// The same where of each value no more is known than that it lies between its low and its high:
/// from the low end of the interval of the lows to the high end of that of the highs.
std::optional<ConfidenceInterval> median_interval(std::span<const double> lows,
                                                  std::span<const double> highs, double confidence);

/// exp(mean of ln x); the values are positive and finite, the span not empty.
double geometric_mean(std::span<const double> values);

/// How much the times of runs scatter on a machine, from those of equal pieces of work. What a gate
/// finds through it, results/comparison says.
///
/// A run is a long row of pieces, so its time scatters as the mean of a block of pieces does. If
/// pieces were independent, a block of k would scatter by σ₁/√k; they are not, because the causes
/// of noise (a neighbour, a clock rate) last. So two lengths are measured and the law between them
/// is used beyond: with σ₁ and σ_k the relative standard deviations of pieces and of blocks of k,
///
///   σ(m pieces) = σ_k · (k/m)^h,   h = ln(σ₁/σ_k) / ln k,  kept within [0, ½].
///
/// What changes more slowly than the probe lasts (seconds) is not in it: runs that are interleaved,
/// as ours are, share it.
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
