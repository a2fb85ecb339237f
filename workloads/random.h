// Random numbers that are a pure function of a seed: the same on every machine and compiler,
// which std::*_distribution is not.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace sgdbench {

/// Products of two 64-bit numbers; a GNU extension that every compiler we build with has.
__extension__ typedef unsigned __int128 Uint128;

/// SplitMix64 (Steele, Lea & Flood 2014): one step, also used to mix several seeds into one.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return mix(mix(a) ^ b);
}

/// xoshiro256++ (Blackman & Vigna 2019), seeded by SplitMix64.
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) {
    for (auto& word : state_) word = seed = mix(seed);
  }

  constexpr std::uint64_t bits() {
    const std::uint64_t result = rotate(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// Uniform on [0, 1), 53 bits.
  constexpr double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

  /// Uniform on {0, …, n−1}, n ≥ 1 (Lemire's multiply-shift; bias below n/2^64).
  constexpr std::uint64_t below(std::uint64_t n) {
    return static_cast<std::uint64_t>((static_cast<Uint128>(bits()) * n) >> 64);
  }

  /// Standard normal, by Box and Muller.
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t x, int k) {
    return (x << k) | (x >> (64 - k));
  }
  std::uint64_t state_[4];
};

/// Fisher and Yates: a uniform permutation of the range, in place.
template <class Range>
void shuffle(Range& range, Random& random) {
  for (auto i = range.size(); i > 1; --i) {
    using std::swap;
    swap(range[i - 1], range[random.below(i)]);
  }
}

}  // namespace sgdbench
