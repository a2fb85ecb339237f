// Rows, whichever way they are stored.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "workloads/data/storage.h"

namespace sgdbench {

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
