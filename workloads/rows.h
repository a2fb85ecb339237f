// Rows, whichever way they are stored.
#pragma once

#include <algorithm>
#include <cstddef>

#include "workloads/data/matrix.h"

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

}  // namespace sgdbench
