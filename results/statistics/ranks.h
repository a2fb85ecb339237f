// By what factor two samples differ, for reports and for tables of winners: Hodges and Lehmann's
// estimate, the median of all differences ln b − ln a. Nothing is assumed of the distribution but
// that a change scales it. What is known of the factor beside that, the gate's own test says
// (family.h).
//
// Sources: Hodges and Lehmann, Annals of Mathematical Statistics 34 (1963); Hollander, Wolfe and
// Chicken, Nonparametric Statistical Methods, 3rd ed., chapters 3 and 4.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace sgdbench {

/// ln of the factor from a to b, whose values are from 0 to infinity; infinite where a sample is.
/// Nothing for no values, and half-way between −∞ and ∞.
std::optional<double> shift_between(std::span<const double> a, std::span<const double> b);

/// More pairs than this are not compared: what follows grows with the square.
inline constexpr std::size_t kMostPairs = 2000;

/// The same of pairs that were measured one right after the other: what both have in common,
/// cancels. It is the median of all averages (dᵢ + dⱼ)/2, i ≤ j, of the differences d = ln b − ln a
/// (Walsh averages).
std::optional<double> shift_of_pairs(std::span<const double> a, std::span<const double> b);

/// ln(b / a) from ln a and ln b, for values from 0 to infinity. Two equal values have no
/// difference, two infinite ones (two missed targets) and two zeros included: never NaN.
inline double log_ratio(double log_a, double log_b) {
  return log_a == log_b ? 0 : log_b - log_a;
}

/// NaN between −∞ and ∞: the caller says what that is.
inline double half_way(double a, double b) {
  return a == b ? a : a / 2 + b / 2;
}

}  // namespace sgdbench
