// Transposing a square of Reals in registers.
#pragma once

#include <cstddef>
#include <utility>

#include "workloads/kernels/vector.h"

namespace sgdbench {

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

}  // namespace sgdbench
