// One SIMD register of Reals, as the compilers' vector extension: the same source for AVX-512, AVX
// and baseline x86-64 (or any other target), and one machine instruction per load and store.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "workloads/real.h"

namespace sgdbench {

/// body(0), …, body(n − 1) without a loop, so that what they index can live in registers.
/// (Compilers unroll no loop of atomic loads.)
template <std::size_t n, class F>
[[gnu::always_inline]] inline void unrolled(F body) {
  [&]<std::size_t... i>(std::index_sequence<i...>) {
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

}  // namespace sgdbench
