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

}  // namespace sgdbench
