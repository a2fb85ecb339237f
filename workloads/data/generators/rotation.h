// A cheap orthogonal map that mixes every coordinate with every other.
//
// The Walsh–Hadamard transform is orthogonal after scaling and needs only additions, but wants a
// power of two. Transforming the first 2^k coordinates and then the last 2^k, with 2^k ≤ n <
// 2^(k+1), covers any n; random signs before each make it random.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sgdbench {

class Rotation {
 public:
  Rotation(std::size_t size, std::uint64_t seed);
  void apply(std::span<double> x) const;

 private:
  std::size_t block_;
  std::vector<double> signs_[2];
};

}  // namespace sgdbench
