// What a linear model does with one sparse row.
//
// The loads of a row's coordinates are scalar on purpose. Hardware gathers were measured slower on
// the processors at hand (their microcode was made slower to keep them from leaking), and scalar
// loads are the same machine code plain and relaxed, so every kind of access has the same speed.
// Four sums hide the latency of the addition.
#pragma once

#include <span>

#include "workloads/data/storage.h"
#include "workloads/kernels/vector.h"

namespace sgdbench {

/// fours(e) for every four entries of x, then rest(e) for each that is left; always inlined.
/// Compilers are told that at most three are left: of a loop without an end they make vectors that
/// never run.
template <class Fours, class Rest>
[[gnu::always_inline]] inline void in_fours(std::span<const Entry> x, Fours fours, Rest rest) {
  const Entry* e = x.data();
  const Entry* const whole = e + x.size() / 4 * 4;
  for (; e != whole; e += 4) fours(e);
  unrolled<3>([&](std::size_t j) __attribute__((always_inline)) {
    if (j < x.size() % 4) rest(e + j);
  });
}

/// ⟨w, x⟩ over the entries of x. The order of summation depends on the row's length alone.
template <class Memory>
[[gnu::always_inline]] inline Real dot(const Memory& memory, const Real* w,
                                       std::span<const Entry> x) {
  const auto term = [&](const Entry& e) __attribute__((always_inline)) {
    return memory.template load<Real>(w + e.column) * e.value;
  };
  // No array: where atomic loads are added to one, compilers keep it in memory.
  Real a = 0, b = 0, c = 0, d = 0;
  in_fours(
      x,
      [&](const Entry* e) __attribute__((always_inline)) {
        a += term(e[0]);
        b += term(e[1]);
        c += term(e[2]);
        d += term(e[3]);
      },
      [&](const Entry* e) __attribute__((always_inline)) { a += term(*e); });
  return (a + b) + (c + d);
}

/// body(entry) for all entries of x; always inlined.
template <class Body>
[[gnu::always_inline]] inline void for_each_entry(std::span<const Entry> x, Body body) {
  in_fours(
      x,
      [&](const Entry* e) __attribute__((always_inline)) {
        unrolled<4>([&](std::size_t j) __attribute__((always_inline)) { body(e[j]); });
      },
      [&](const Entry* e) __attribute__((always_inline)) { body(*e); });
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
