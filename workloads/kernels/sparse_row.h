// What a linear model does with one sparse row.
//
// The loads of a row's coordinates are scalar on purpose. Hardware gathers were measured slower on
// the processors at hand (their microcode was made slower to keep them from leaking), and scalar
// loads are the same machine code plain and relaxed, so every kind of access has the same speed.
// Four sums hide the latency of the addition.
#pragma once

#include <span>

#include "workloads/data/matrix.h"
#include "workloads/real.h"

namespace sgdbench {

/// ⟨w, x⟩ over the entries of x. The order of summation depends on the row's length alone.
template <class Memory>
Real dot(const Memory& memory, const Real* w, std::span<const Entry> x) {
  Real sum[4] = {};
  std::size_t k = 0;
  for (; k + 4 <= x.size(); k += 4)
    for (std::size_t j = 0; j < 4; ++j)
      sum[j] += memory.template load<Real>(w + x[k + j].column) * x[k + j].value;
  for (; k < x.size(); ++k) sum[0] += memory.template load<Real>(w + x[k].column) * x[k].value;
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// Asks for all of a row before it is needed: rows are read once an epoch, from main memory.
inline void prefetch(std::span<const Entry> x) {
  constexpr std::size_t kPerLine = kAlignment / sizeof(Entry);
  for (std::size_t k = 0; k < x.size(); k += kPerLine) __builtin_prefetch(x.data() + k);
}

/// How many rows ahead to ask. Far enough for the trip to memory, near enough to stay in L1.
inline constexpr std::size_t kRowsAhead = 4;

}  // namespace sgdbench
