// Pairs that were measured one right after the other: what both have in common, cancels.
//
// The idea: of the differences d = ln b − ln a of the pairs, the Wilcoxon signed-rank test asks
// whether those above 0 rank as high as those below; the factor is the median of all averages
// (dᵢ + dⱼ)/2, i ≤ j (Walsh averages), its interval lies between two of them in order.
//
// Sources: Wilcoxon, Biometrics Bulletin 1 (1945); Hollander, Wolfe and Chicken, Nonparametric
// Statistical Methods, 3rd ed., chapter 3. Pairs without a difference are left out of the test, as
// Wilcoxon did, and stay in the estimate.
#pragma once

#include "results/statistics/two_samples.h"

namespace sgdbench {

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

}  // namespace sgdbench
