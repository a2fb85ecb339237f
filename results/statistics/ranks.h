// What the rank tests share: tails of a counted distribution, ranks of tied values, log ratios.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace sgdbench {

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
