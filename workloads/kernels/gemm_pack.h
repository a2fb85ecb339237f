// Copies of parts of a matrix, laid out for the tile of gemm_tile.h.
#pragma once

#include <algorithm>
#include <cstddef>

#include "workloads/kernels/gemm_tile.h"
#include "workloads/kernels/transpose.h"

namespace sgdbench::gemm {

/// The first `columns` columns of rows that are contiguous.
inline void pack_rows(const Strided& b, std::size_t depth, std::size_t columns, std::size_t width,
                      Real* out) {
  for (std::size_t p = 0; p < depth; ++p, out += width)
    std::copy_n(b.data + static_cast<std::ptrdiff_t>(p) * b.row, columns, out);
}

/// The first `columns` columns of B where it is those that are contiguous: squares are transposed
/// in registers, what is left at the edges one by one.
inline void pack_columns(const Strided& b, std::size_t depth, std::size_t columns,
                         std::size_t width, Real* out) {
  const std::size_t whole = depth / kLanes * kLanes;
  const auto column = [&](std::size_t j) {
    return b.data + static_cast<std::ptrdiff_t>(j) * b.column;
  };
  std::size_t j = 0;
  for (; j + kLanes <= columns; j += kLanes) {
    for (std::size_t p = 0; p < whole; p += kLanes) {
      Vec square[kLanes];
      for (std::size_t i = 0; i < kLanes; ++i) square[i] = plain::load<Vec>(column(j + i) + p);
      transpose(square);
      for (std::size_t i = 0; i < kLanes; ++i) plain::store(out + (p + i) * width + j, square[i]);
    }
    for (std::size_t i = j; i < j + kLanes; ++i)
      for (std::size_t p = whole; p < depth; ++p) out[p * width + i] = column(i)[p];
  }
  for (; j < columns; ++j)
    for (std::size_t p = 0; p < depth; ++p) out[p * width + j] = column(j)[p];
}

/// Rows of `width` Reals, zeros to the right of the panel's columns.
inline void pack(const Strided& b, std::size_t depth, std::size_t columns, std::size_t width,
                 Real* out) {
  if (columns != width) std::fill(out, out + depth * width, Real(0));
  if (b.column == 1)
    pack_rows(b, depth, columns, width, out);
  else
    pack_columns(b, depth, columns, width, out);
}

/// A block of A transposed, `width` Reals from one of its stored rows to the next.
inline Strided packed(const Strided& a, std::size_t height, std::size_t depth, std::size_t width,
                      Real* space) {
  for (std::size_t p = 0; p < depth; ++p)
    std::copy_n(a.data + static_cast<std::ptrdiff_t>(p) * a.column, height, space + p * width);
  return {space, 1, static_cast<std::ptrdiff_t>(width)};
}

}  // namespace sgdbench::gemm
