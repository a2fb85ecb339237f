// By what factor two samples differ, for reports and for tables of winners.
//
// The idea: Hodges and Lehmann's estimate, the median of all differences ln b − ln a, with the
// interval between two of the ordered differences: those factors that a Mann–Whitney test would not
// reject. Nothing is assumed of the distribution but that a change scales it.
//
// A bootstrap would do as well for large samples; for 5 to 10 repeats its intervals are too narrow,
// and it needs a seed.
//
// Sources: Mann and Whitney, Annals of Mathematical Statistics 18 (1947); Hodges and Lehmann,
// Annals of Mathematical Statistics 34 (1963); Hollander, Wolfe and Chicken, Nonparametric
// Statistical Methods, 3rd ed., chapters 3 and 4.
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

/// ln of the factor from a to b. The values are from 0 to infinity.
Shift shift_between(std::span<const double> a, std::span<const double> b, double confidence);

/// The fewest values on each side for which a two-sided rank test can be below `p`.
std::size_t least_samples(double p);

// Pairs that were measured one right after the other: what both have in common, cancels. The factor
// is the median of all averages (dᵢ + dⱼ)/2, i ≤ j, of the differences d = ln b − ln a (Walsh
// averages), its interval lies between two of them in order.

/// More pairs than this are not compared: the averages grow with the square.
inline constexpr std::size_t kMostPairs = 2000;

/// ln of the factor from a to b.
Shift shift_of_pairs(std::span<const double> a, std::span<const double> b, double confidence);

// What both share.

/// ln(b / a) from ln a and ln b, for values from 0 to infinity. Two equal values have no
/// difference, two infinite ones (two missed targets) and two zeros included: never NaN.
inline double log_ratio(double log_a, double log_b) {
  return log_a == log_b ? 0 : log_b - log_a;
}

/// How many ordered values an interval leaves out at each end: the largest k with
/// 2·P(X ≤ k − 1) ≤ error, for P(X = 0), P(X = 1), ….
std::size_t cut_off(std::span<const double> probabilities, double error);

/// NaN between −∞ and ∞: the caller says what that is.
inline double half_way(double a, double b) {
  return a == b ? a : a / 2 + b / 2;
}

}  // namespace sgdbench
