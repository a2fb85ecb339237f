// What a linear model does with a few dense rows at once. Rows, w and the sums are padded with
// zeros to whole cache lines (DenseMatrix::stride), so there are no remainders.
#pragma once

#include <span>

#include "workloads/kernels/vector.h"

namespace sgdbench {

/// Rows that are worked on together: they stay in L1 between the two passes over them, and their
/// sums in registers.
inline constexpr std::size_t kRowGroup = 8;

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
