// The innermost part of the native GEMM: a tile of C held in registers.
//
//   C[i, j] ← β·C[i, j] + ∑_p A[i, p]·B[p, j]     for `rows` × (`vectors` registers) of C
//
// For each p a few registers of B are loaded and every row's A[i, p], broadcast, multiplies them:
// rows·vectors independent sums hide the latency of the multiply-add (Goto & van de Geijn 2008).
#pragma once

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

}  // namespace sgdbench::gemm
