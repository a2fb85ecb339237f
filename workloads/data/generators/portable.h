// The mathematics of the generators, in nothing but IEEE +, −, ×, ÷: the same bits on every
// machine, which the C library's don't promise. Accurate to a few units in the last place. (The
// target is built without fused multiply-add for the same reason; std::sqrt is exact by IEEE.)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "workloads/random.h"

namespace sgdbench::portable {

double exp(double x);                             ///< |x| ≤ 700
double log(double x);                             ///< x > 0, normal
double cos_pi(std::uint64_t k, std::uint64_t n);  ///< cos(πk/n), n < 2^62

inline double sigmoid(double x) {
  return 1.0 / (1.0 + exp(-x));
}  ///< |x| ≤ 700

/// Nearly standard normal: the sum of twelve uniform 16-bit numbers, centred and scaled. Mean 0,
/// variance 1 exactly (but for 1 in 2^32); kurtosis 2.9; never beyond ±6.
double normal(Random& random);

/// A cheap orthogonal map that mixes every coordinate with every other.
///
/// The Walsh–Hadamard transform is orthogonal after scaling and needs only additions, but wants a
/// power of two. Transforming the first 2^k coordinates and then the last 2^k, with 2^k ≤ n <
/// 2^(k+1), covers any n; random signs before each make it random.
class Rotation {
 public:
  Rotation(std::size_t size, std::uint64_t seed);
  void apply(std::span<double> x) const;

 private:
  std::size_t block_;
  std::vector<double> signs_[2];
};

}  // namespace sgdbench::portable
