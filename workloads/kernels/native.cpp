// GEMM in blocks that fit the caches, around the tile of gemm.h (Goto & van de Geijn 2008).
//
// We depart from the usual scheme because these networks' matrices are small, and packing is not:
// A is read where it lies, its elements being broadcast one by one anyway, and so is B where its
// rows are contiguous. Packed are B transposed, the last columns of B (padded with zeros to whole
// registers), and A transposed, which would touch a page of memory for every element of depth.
#include <algorithm>

#include "workloads/kernels/dense_kernels.h"
#include "workloads/kernels/gemm.h"

namespace sgdbench {
namespace gemm {
namespace {

constexpr std::size_t kDepth = 384;    ///< of a block: a panel of B this deep stays in L1
constexpr std::size_t kRows = 96;      ///< of a block of A: with kDepth it stays in L2
constexpr std::size_t kColumns = 256;  ///< of a block of B

/// A panel of B: up to kTileColumns columns, where they lie or packed.
struct Panel {
  const Real* data;
  std::ptrdiff_t row;
  std::size_t columns;  ///< of C
  std::size_t vectors() const { return (columns + kLanes - 1) / kLanes; }
};

/// Per thread, as long as the thread: nothing is allocated after its first product.
struct PackingSpace {
  AlignedVector<Real> a = AlignedVector<Real>(kDepth * kRows);
  AlignedVector<Real> b = AlignedVector<Real>(kDepth * (kColumns + kTileColumns));
};
PackingSpace& packing_space() {
  thread_local PackingSpace space;
  return space;
}

Panel panel_of(const Strided& b, std::size_t depth, std::size_t columns, Real* space) {
  if (b.column == 1 && columns % kLanes == 0) return {b.data, b.row, columns};
  const std::size_t width = (columns + kLanes - 1) / kLanes * kLanes;
  pack(b, depth, columns, width, space);
  return {space, static_cast<std::ptrdiff_t>(width), columns};
}

/// One tile whose last register reaches over the edge of C: made aside, then the part inside kept.
void edge_tile(std::size_t rows, std::size_t depth, const Strided& a, const Panel& b, Real* c,
               std::ptrdiff_t c_row, Real beta) {
  Real aside[kTileRows * kTileColumns];
  const auto width = static_cast<std::ptrdiff_t>(kTileColumns);
  kTiles[b.vectors() - 1][rows - 1](depth, a, b.data, b.row, aside, width, 0);
  for (std::size_t i = 0; i < rows; ++i, c += c_row)
    for (std::size_t j = 0; j < b.columns; ++j)
      c[j] = (beta == 0 ? Real(0) : beta * c[j]) + aside[i * kTileColumns + j];
}

/// All rows of a block of A against one panel of B, in tiles of nearly equal height.
void block_times_panel(std::size_t rows, std::size_t depth, const Strided& a, const Panel& b,
                       Real* c, std::ptrdiff_t c_row, Real beta) {
  const std::size_t tiles = (rows + kTileRows - 1) / kTileRows;
  for (std::size_t t = 0, first = 0; t < tiles; ++t) {
    const std::size_t height = (rows - first + (tiles - t) - 1) / (tiles - t);
    const auto offset = static_cast<std::ptrdiff_t>(first);
    const Strided a_tile{a.data + offset * a.row, a.row, a.column};
    if (b.columns % kLanes == 0)
      kTiles[b.vectors() - 1][height - 1](depth, a_tile, b.data, b.row, c + offset * c_row, c_row,
                                          beta);
    else
      edge_tile(height, depth, a_tile, b, c + offset * c_row, c_row, beta);
    first += height;
  }
}

/// C (m × n) ← β·C + A·B for one block of B.
void multiply_block(std::size_t m, std::size_t n, std::size_t depth, const Strided& a,
                    const Strided& b, Real* c, std::ptrdiff_t c_row, Real beta) {
  Panel panels[kColumns / kTileColumns + 1];
  PackingSpace& packing = packing_space();
  Real* space = packing.b.data();
  std::size_t count = 0;
  for (std::size_t j = 0; j < n; j += kTileColumns, space += kDepth * kTileColumns) {
    const Strided columns{b.data + static_cast<std::ptrdiff_t>(j) * b.column, b.row, b.column};
    panels[count++] = panel_of(columns, depth, std::min(kTileColumns, n - j), space);
  }
  for (std::size_t i = 0; i < m; i += kRows) {
    const auto offset = static_cast<std::ptrdiff_t>(i);
    const std::size_t height = std::min(kRows, m - i);
    Strided rows{a.data + offset * a.row, a.row, a.column};
    if (a.column != 1 && count > 1) rows = packed(rows, height, depth, kRows, packing.a.data());
    for (std::size_t k = 0; k < count; ++k)
      block_times_panel(height, depth, rows, panels[k], c + offset * c_row + k * kTileColumns,
                        c_row, beta);
  }
}

void multiply(bool transpose_a, bool transpose_b, int m, int n, int k, const Real* a, int lda,
              const Real* b, int ldb, Real beta, Real* c, int ldc) {
  const auto size = [](int x) { return static_cast<std::size_t>(x); };
  const Strided a_all = transpose_a ? Strided{a, 1, lda} : Strided{a, lda, 1};
  const Strided b_all = transpose_b ? Strided{b, 1, ldb} : Strided{b, ldb, 1};
  for (std::size_t j = 0; j < size(n); j += kColumns) {
    const auto column = static_cast<std::ptrdiff_t>(j);
    const std::size_t columns = std::min(kColumns, size(n) - j);
    for (std::size_t p = 0; p < size(k); p += kDepth) {
      const auto depth = static_cast<std::ptrdiff_t>(p);
      multiply_block(
          size(m), columns, std::min(kDepth, size(k) - p),
          {a_all.data + depth * a_all.column, a_all.row, a_all.column},
          {b_all.data + depth * b_all.row + column * b_all.column, b_all.row, b_all.column}, c + j,
          ldc, p == 0 ? beta : Real(1));
    }
  }
}

}  // namespace
}  // namespace gemm

const DenseKernels kNativeKernels{"native", gemm::multiply};

}  // namespace sgdbench
