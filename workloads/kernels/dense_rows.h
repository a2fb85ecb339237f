// What a linear model does with a few dense rows at once. Rows, w and the sums are padded with
// zeros to whole cache lines (DenseMatrix::stride), so there are no remainders.
#pragma once

#include <span>

#include "workloads/kernels/vector.h"

namespace sgdbench {

/// Rows that are worked on together: they stay in L1 between the two passes over them, and their
/// sums in registers.
inline constexpr std::size_t kRowGroup = 8;

/// Asks for a row in advance; the processor itself follows long rows on from there.
[[gnu::always_inline]] inline void prefetch_row(const Real* x, std::size_t stride) {
  constexpr std::size_t kMostLines = 16;
  const std::size_t lines = stride / kLine < kMostLines ? stride / kLine : kMostLines;
  for (std::size_t line = 0; line < lines; ++line) __builtin_prefetch(x + line * kLine);
}

/// How many rows ahead to ask: some kilobytes, and one row at least.
inline std::size_t rows_ahead(std::size_t stride) {
  constexpr std::size_t kAhead = 8192 / sizeof(Real);
  return stride < kAhead ? kAhead / stride : 1;
}

/// z[r] = ⟨w, x[r]⟩ for `count` rows of `stride` Reals.
template <std::size_t count>
void dot_rows(const Real* w, const Real* const* x, std::size_t stride, Real* z) {
  Vec sum[count] = {};
  for (std::size_t v = 0; v < stride; v += kLanes) {
    const Vec w_v = plain::load<Vec>(w + v);
    for (std::size_t r = 0; r < count; ++r) sum[r] += plain::load<Vec>(x[r] + v) * w_v;
  }
  for (std::size_t r = 0; r < count; ++r) z[r] = sum_lanes(sum[r]);
}

/// values += ∑_r s[r]·x[r].
template <std::size_t count>
void add_rows(Real* values, const Real* const* x, std::size_t stride, const Real* s) {
  for (std::size_t v = 0; v < stride; v += kLanes) {
    Vec sum = plain::load<Vec>(values + v);
    for (std::size_t r = 0; r < count; ++r) sum += plain::load<Vec>(x[r] + v) * s[r];
    plain::store(values + v, sum);
  }
}

}  // namespace sgdbench
