// What a linear model does with one sparse row, and with a few dense rows at once.
//
// The loads of a sparse row's coordinates are scalar on purpose. Hardware gathers were measured
// slower on the processors at hand (their microcode was made slower to keep them from leaking), and
// scalar loads are the same machine code plain and relaxed, so every kind of access has the same
// speed. Four sums hide the latency of the addition.
//
// Dense rows, w and the sums are padded with zeros to whole cache lines (DenseMatrix::stride), so
// there are no remainders.
//
// Off the clock, in double and whichever way rows are stored: their products with w and their
// norms.
#pragma once

#include <algorithm>
#include <span>

#include "workloads/data/storage.h"
#include "workloads/kernels/vector.h"

namespace sgdbench {

/// fours(e) for every four entries of x, then rest(e) for each that is left; always inlined.
/// Compilers are kept from making vectors of it: GCC 12 does for AVX-512 where nobody else writes,
/// and takes a fifth longer for them. They are told that at most three entries are left, too: of a
/// loop without an end they make vectors that never run.
template <class Fours, class Rest>
[[gnu::always_inline]] inline void in_fours(std::span<const Entry> x, Fours fours, Rest rest) {
  const Entry* e = x.data();
  const Entry* const whole = e + x.size() / 4 * 4;
  for (; e != whole; e += 4) {
    asm("" : "+r"(e));  // no vectors
    fours(e);
  }
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

/// Calls body(column, value) for every stored value of a row in a column below `columns` (test
/// data may have features that the training data do not: their weight is 0).
template <class F>
void for_each_value(const SparseMatrix& matrix, std::size_t row, std::size_t columns, F body) {
  for (const Entry& entry : matrix.row(row))
    if (entry.column < columns) body(std::size_t{entry.column}, entry.value);
}
template <class F>
void for_each_value(const DenseMatrix& matrix, std::size_t row, std::size_t columns, F body) {
  const auto values = matrix.row(row);
  const std::size_t n = std::min(columns, values.size());
  for (std::size_t v = 0; v < n; ++v) body(v, values[v]);
}

/// ∑ term(entry) over a sparse row, in four sums, which hide the latency of addition.
template <class Term>
double sum_over(std::span<const Entry> x, Term term) {
  double sum[4] = {};
  std::size_t k = 0;
  for (; k + 4 <= x.size(); k += 4)
    for (std::size_t j = 0; j < 4; ++j) sum[j] += term(x[k + j]);
  for (; k < x.size(); ++k) sum[0] += term(x[k]);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// ⟨w, x⟩ in double, of the values in columns that w has.
inline double product(const SparseMatrix& matrix, std::size_t row, std::span<const Real> w) {
  const bool has_all = matrix.columns <= w.size();
  return sum_over(matrix.row(row), [&](const Entry& e) {
    return has_all || e.column < w.size() ? static_cast<double>(w[e.column]) * e.value : 0;
  });
}
inline double product(const DenseMatrix& matrix, std::size_t row, std::span<const Real> w) {
  const auto x = matrix.row(row);
  const std::size_t n = std::min(w.size(), x.size());
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t v = 0; v < n; ++v) sum += static_cast<double>(w[v]) * x[v];
  return sum;
}

/// ‖x‖² in double.
inline double squared_norm(const SparseMatrix& matrix, std::size_t row) {
  return sum_over(matrix.row(row),
                  [](const Entry& e) { return static_cast<double>(e.value) * e.value; });
}
inline double squared_norm(const DenseMatrix& matrix, std::size_t row) {
  return product(matrix, row, matrix.row(row));
}

}  // namespace sgdbench
