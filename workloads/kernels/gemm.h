// The innermost part of the native GEMM: a tile of C held in registers, and its operands packed.
//
//   C[i, j] ← β·C[i, j] + ∑_p A[i, p]·B[p, j]     for `rows` × (`vectors` registers) of C
//
// For each p a few registers of B are loaded and every row's A[i, p], broadcast, multiplies them:
// rows·vectors independent sums hide the latency of the multiply-add (Goto & van de Geijn 2008).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "workloads/kernels/vector.h"

namespace sgdbench::gemm {

/// What fits in the registers: rows·vectors sums, the registers of B and one broadcast.
inline constexpr std::size_t kTileRows = kLanes == 16 ? 12 : 6;
inline constexpr std::size_t kTileVectors = 2;
inline constexpr std::size_t kTileColumns = kTileVectors * kLanes;

/// A matrix seen with any strides: element (i, p) at data[i·row + p·column].
struct Strided {
  const Real* data;
  std::ptrdiff_t row;
  std::ptrdiff_t column;
};

/// `b` holds depth rows of `vectors` registers, `b_row` Reals apart. With β = 0, C is not read.
template <std::size_t rows, std::size_t vectors>
void tile(std::size_t depth, Strided a, const Real* b, std::ptrdiff_t b_row, Real* c,
          std::ptrdiff_t c_row, Real beta) {
  Vec sum[rows][vectors];
  for (auto& row : sum)
    for (Vec& v : row) v = Vec{};
  // Rows in threes from a few base pointers: fewer address registers than one for each row.
  constexpr std::size_t kBases = (rows + 2) / 3;
  const Real* base[kBases];
  for (std::size_t i = 0; i < kBases; ++i)
    base[i] = a.data + static_cast<std::ptrdiff_t>(3 * i) * a.row;
  for (std::size_t p = 0; p < depth; ++p) {
    Vec b_p[vectors];
    for (std::size_t j = 0; j < vectors; ++j) b_p[j] = plain::load<Vec>(b + j * kLanes);
    unrolled<rows>([&](std::size_t i) {
      const Real a_p = base[i / 3][static_cast<std::ptrdiff_t>(i % 3) * a.row];
      for (std::size_t j = 0; j < vectors; ++j) sum[i][j] += a_p * b_p[j];
    });
    for (std::size_t i = 0; i < kBases; ++i) base[i] += a.column;
    b += b_row;
  }
  unrolled<rows>([&](std::size_t i) {
    Real* const c_i = c + static_cast<std::ptrdiff_t>(i) * c_row;
    for (std::size_t j = 0; j < vectors; ++j)
      plain::store(c_i + j * kLanes,
                   beta == 0 ? sum[i][j] : beta * plain::load<Vec>(c_i + j * kLanes) + sum[i][j]);
  });
}

using Tile = void (*)(std::size_t, Strided, const Real*, std::ptrdiff_t, Real*, std::ptrdiff_t,
                      Real);

template <std::size_t vectors, std::size_t... i>
constexpr std::array<Tile, sizeof...(i)> tiles_of(std::index_sequence<i...>) {
  return {tile<i + 1, vectors>...};
}

/// kTiles[vectors − 1][rows − 1].
inline constexpr std::array<std::array<Tile, kTileRows>, kTileVectors> kTiles{
    tiles_of<1>(std::make_index_sequence<kTileRows>{}),
    tiles_of<2>(std::make_index_sequence<kTileRows>{})};

// Copies of parts of a matrix, laid out for the tile.

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
