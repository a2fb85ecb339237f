// What a linear model does with one sparse row.
//
// The loads of a row's coordinates are scalar on purpose. Hardware gathers were measured slower on
// the processors at hand (their microcode was made slower to keep them from leaking), and scalar
// loads are the same machine code plain and relaxed, so every kind of access has the same speed.
// Four sums hide the latency of the addition.
#pragma once

#include <span>

#include "workloads/data/matrix.h"
#include "workloads/kernels/vector.h"

namespace sgdbench {

/// ⟨w, x⟩ over the entries of x. The order of summation depends on the row's length alone.
template <class Memory>
Real dot(const Memory& memory, const Real* w, std::span<const Entry> x) {
  Real sum[4] = {};
  std::size_t k = 0;
  for (; k + 4 <= x.size(); k += 4)
    unrolled<4>([&](std::size_t j) {
      sum[j] += memory.template load<Real>(w + x[k + j].column) * x[k + j].value;
    });
  for (; k < x.size(); ++k) sum[0] += memory.template load<Real>(w + x[k].column) * x[k].value;
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// Asks for rows that come soon, in two steps: first for what says where a row lies and what its
/// target is, then, once that has arrived, for the row. One step alone would stop at the first.
/// The rows near the k-th of `rows`; one element of `targets` belongs to each row of the matrix.
/// Always inlined: GCC takes a function that only prefetches for one without effect, and drops
/// its calls.
template <class Target>
[[gnu::always_inline]] inline void fetch_ahead(const SparseMatrix& matrix,
                                               std::span<const std::uint32_t> rows, std::size_t k,
                                               const Target* targets) {
  constexpr std::size_t kPlaceAhead = 16;  // rows; far enough for two trips to memory
  constexpr std::size_t kRowAhead = 4;     // near enough that the row is still in L1 when used
  constexpr std::size_t kPerLine = kAlignment / sizeof(Entry);
  if (k + kPlaceAhead < rows.size()) {
    const std::size_t row = rows[k + kPlaceAhead];
    __builtin_prefetch(&matrix.offsets[row]);
    __builtin_prefetch(&targets[row]);
  }
  if (k + kRowAhead < rows.size()) {
    const auto x = matrix.row(rows[k + kRowAhead]);
    for (std::size_t j = 0; j < x.size(); j += kPerLine) __builtin_prefetch(x.data() + j);
  }
}

}  // namespace sgdbench
