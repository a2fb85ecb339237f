// Two independent samples: did it change, and by what factor?
//
// The idea: both answers come from one count, U = the number of pairs (a, b) with b > a, ties
// halved. Whether anything changed is the Mann–Whitney test. By how much is Hodges and Lehmann's
// estimate, the median of all differences ln b − ln a, with the interval between two of the ordered
// differences: those factors that the test would not reject. So the two never contradict each
// other, and nothing is assumed of the distribution but that a change scales it.
//
// A bootstrap would do as well for large samples; for 5 to 10 repeats its intervals are too narrow,
// and it needs a seed.
//
// Sources: Mann and Whitney, Annals of Mathematical Statistics 18 (1947); Hodges and Lehmann,
// Annals of Mathematical Statistics 34 (1963); Hollander, Wolfe and Chicken, Nonparametric
// Statistical Methods, 3rd ed., chapter 4.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "results/statistics.h"

namespace sgdbench {

/// A factor between two samples, as its natural logarithm; infinite where a sample is.
struct Shift {
  std::optional<double> centre;  ///< none for no values, and half-way between −∞ and ∞
  std::optional<ConfidenceInterval> interval;  ///< none where there are too few values
};

/// P(U = 0), P(U = 1), …, P(U = m·n) where nothing differs and no values are tied.
std::vector<double> rank_sum_distribution(std::size_t m, std::size_t n);

/// Two-sided p-value of "both are draws from one distribution": exact up to m·n = 2500, with ties
/// (the permutation distribution of the mid-ranks) up to 80 values; beyond, the normal
/// approximation with corrections for ties and continuity. 1 where a sample is empty.
double mann_whitney(std::span<const double> a, std::span<const double> b);

/// ln of the factor from a to b. The values are from 0 to infinity.
Shift shift_between(std::span<const double> a, std::span<const double> b, double confidence);

/// The fewest values on each side for which mann_whitney() can be below `p`.
std::size_t least_samples(double p);

// Pairs that were measured one right after the other: what both have in common, cancels.
//
// The idea: of the differences d = ln b − ln a of the pairs, the Wilcoxon signed-rank test asks
// whether those above 0 rank as high as those below; the factor is the median of all averages
// (dᵢ + dⱼ)/2, i ≤ j (Walsh averages), its interval lies between two of them in order.
//
// Sources: Wilcoxon, Biometrics Bulletin 1 (1945); Hollander, Wolfe and Chicken, Nonparametric
// Statistical Methods, 3rd ed., chapter 3. Pairs without a difference are left out of the test, as
// Wilcoxon did, and stay in the estimate.

/// More pairs than this are not compared: the averages grow with the square.
inline constexpr std::size_t kMostPairs = 2000;

/// Two-sided p-value of "the differences are symmetric about 0": the exact distribution of the
/// mid-ranks over all signs up to 200 pairs, beyond that the normal approximation. `a` and `b` have
/// the same length.
double signed_rank(std::span<const double> a, std::span<const double> b);

/// ln of the factor from a to b.
Shift shift_of_pairs(std::span<const double> a, std::span<const double> b, double confidence);

/// The fewest pairs for which signed_rank() can be below `p`.
std::size_t least_pairs(double p);

// What the rank tests share: tails of a counted distribution, ranks of tied values, log ratios.

/// Probabilities are sums of exact counts but for rounding: what is equal on paper must not be
/// found larger.
inline constexpr double kRounding = 1 + 1e-9;

/// ln(b / a) from ln a and ln b, for values from 0 to infinity. Two equal values have no
/// difference, two infinite ones (two missed targets) and two zeros included: never NaN.
inline double log_ratio(double log_a, double log_b) {
  return log_a == log_b ? 0 : log_b - log_a;
}

/// Values that are equal and follow each other in a sorted sequence: how many, and twice the mean
/// of their ranks (from 1), which is a whole number.
struct TieGroup {
  std::size_t size, doubled_rank;
};
std::vector<TieGroup> tie_groups(std::span<const double> sorted);

/// How many ordered values an interval leaves out at each end: the largest k with
/// 2·P(X ≤ k − 1) ≤ error, for P(X = 0), P(X = 1), ….
std::size_t cut_off(std::span<const double> probabilities, double error);

/// min(1, 2·min(P(X ≤ x), P(X ≥ x))).
double two_sided(std::span<const double> probabilities, std::size_t x);

/// NaN between −∞ and ∞: the caller says what that is.
inline double half_way(double a, double b) {
  return a == b ? a : a / 2 + b / 2;
}

}  // namespace sgdbench
