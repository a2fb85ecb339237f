// One SIMD register of Reals, as the compilers' vector extension: the same source for AVX-512, AVX
// and baseline x86-64 (or any other target), and one machine instruction per load and store. With
// it, what loops over registers need: transposing them, and an e^x of which such loops can be made.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "workloads/real.h"

namespace sgdbench {

/// body(0), …, body(n − 1) without a loop, so that what they index can live in registers.
/// (Compilers unroll no loop of atomic loads.)
template <std::size_t n, class F>
[[gnu::always_inline]] inline void unrolled(F body) {
  [&]<std::size_t... i>(std::index_sequence<i...>) __attribute__((always_inline)) {
    (body(i), ...);
  }
  (std::make_index_sequence<n>{});
}

#if defined(__AVX512F__)
inline constexpr std::size_t kVectorBytes = 64;
#elif defined(__AVX__)
inline constexpr std::size_t kVectorBytes = 32;
#else
inline constexpr std::size_t kVectorBytes = 16;
#endif

/// Reals in one register.
inline constexpr std::size_t kLanes = kVectorBytes / sizeof(Real);

using Vec [[gnu::vector_size(kVectorBytes)]] = Real;
/// A Vec in memory that is aligned to one Real only.
using VecInMemory [[gnu::vector_size(kVectorBytes), gnu::aligned(sizeof(Real)), gnu::may_alias]] =
    Real;

static_assert(kLine % kLanes == 0, "padded rows are whole vectors");

/// Loads and stores of memory that nobody else changes; T is Real or Vec.
namespace plain {

template <class T>
T load(const Real* p);
template <>
inline Real load<Real>(const Real* p) {
  return *p;
}
template <>
inline Vec load<Vec>(const Real* p) {
  return *reinterpret_cast<const VecInMemory*>(p);
}

inline void store(Real* p, Real value) {
  *p = value;
}
inline void store(Real* p, Vec value) {
  *reinterpret_cast<VecInMemory*>(p) = value;
}

}  // namespace plain

inline Real square_root(Real x) {
  return std::sqrt(x);
}
/// Of each lane: one instruction.
inline Vec square_root(Vec v) {
  for (std::size_t i = 0; i < kLanes; ++i) v[i] = std::sqrt(v[i]);
  return v;
}

/// ∑ of the lanes, by halves: each is added to the one half a register away, in registers.
inline Real sum_lanes(Vec v) {
  const auto add_half = [&]<std::size_t half, std::size_t... i>(
      std::integral_constant<std::size_t, half>, std::index_sequence<i...>) {
    v += __builtin_shufflevector(v, v, ((i + half) % kLanes)...);
  };
  const auto lanes = std::make_index_sequence<kLanes>{};
  if constexpr (kLanes > 8) add_half(std::integral_constant<std::size_t, 8>{}, lanes);
  if constexpr (kLanes > 4) add_half(std::integral_constant<std::size_t, 4>{}, lanes);
  add_half(std::integral_constant<std::size_t, 2>{}, lanes);
  add_half(std::integral_constant<std::size_t, 1>{}, lanes);
  return v[0];
}

/// Swaps the off-diagonal blocks of s × s within every 2s × 2s, for the rows a and b that lie s
/// apart: a[i + s] ↔ b[i] for each i without the bit s.
template <std::size_t s, std::size_t... i>
void swap_blocks(Vec& a, Vec& b, std::index_sequence<i...>) {
  constexpr int kB = static_cast<int>(kLanes);  // where b's lanes begin
  const Vec upper = __builtin_shufflevector(
      a, b, ((i & s) != 0 ? kB + static_cast<int>(i - s) : static_cast<int>(i))...);
  const Vec lower = __builtin_shufflevector(
      a, b, ((i & s) != 0 ? kB + static_cast<int>(i) : static_cast<int>(i + s))...);
  a = upper;
  b = lower;
}

/// Transposes kLanes registers: blocks of one, then of two, and so on.
template <std::size_t s = 1>
void transpose(Vec (&row)[kLanes]) {
  if constexpr (s < kLanes) {
    for (std::size_t r = 0; r < kLanes; ++r)
      if ((r & s) == 0) swap_blocks<s>(row[r], row[r + s], std::make_index_sequence<kLanes>{});
    transpose<2 * s>(row);
  }
}

/// e^x free of branches and tables, so that loops over it vectorise (the standard one does not
/// without -ffast-math): e^x = 2^n · e^r with n = round(x / ln 2) and |r| ≤ ln 2 / 2; e^r by its
/// Taylor polynomial of degree 6. Relative error below 3e-7 on [−87, 88]; x outside is taken as the
/// nearer end; NaN stays NaN.
inline Real fast_exp(Real x) {
  constexpr Real kRound = 0x1.8p23f;     // added and taken away again: rounds to an integer
  constexpr Real kLn2High = 0x1.63p-1f;  // ln 2 in two parts: n·kLn2High is exact
  constexpr Real kLn2Low = -0x1.bd0106p-13f;
  x = std::min(std::max(x, Real(-87)), Real(88));
  const Real shifted = x * Real(1.44269504) + kRound;
  const Real n = shifted - kRound;
  const Real r = (x - n * kLn2High) - n * kLn2Low;
  Real p = Real(1.0 / 720);
  p = p * r + Real(1.0 / 120);
  p = p * r + Real(1.0 / 24);
  p = p * r + Real(1.0 / 6);
  p = p * r + Real(0.5);
  p = p * r + 1;
  p = p * r + 1;
  const auto power = (std::bit_cast<std::uint32_t>(shifted) << 23) + 0x3f800000u;
  return p * std::bit_cast<Real>(power);
}

}  // namespace sgdbench
