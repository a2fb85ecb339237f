// The kernel sets: the native GEMM, oneDNN's (https://github.com/oneapi-src/oneDNN) where it was
// built in, and their table. oneDNN is opened when the first worker that computes with it is made
// (workloads/shared_library.h).
//
// The innermost part of the native one is a tile of C held in registers, and its operands packed.
//
//   C[i, j] ← β·C[i, j] + ∑_p A[i, p]·B[p, j]     for `rows` × (`vectors` registers) of C
//
// For each p a few registers of B are loaded and every row's A[i, p], broadcast, multiplies them:
// rows·vectors independent sums hide the latency of the multiply-add. Around it stand blocks that
// fit the caches (Goto & van de Geijn 2008).
//
// We depart from the usual scheme because these networks' matrices are small, and packing is not:
// A is read where it lies, its elements being broadcast one by one anyway, and so is B where its
// rows are contiguous. Packed are B transposed, the last columns of B (padded with zeros to whole
// registers), and A transposed, which would touch a page of memory for every element of depth.
#include "workloads/kernels/dense_kernels.h"

#include <algorithm>
#include <array>

#include "workloads/kernels/vector.h"

#ifdef SGDBENCH_ONEDNN_LIBRARY
#include <dnnl.h>

#include <cstdlib>

#include "workloads/shared_library.h"
#endif

namespace sgdbench {
namespace gemm {
namespace {

/// What fits in the registers: rows·vectors sums, the registers of B and one broadcast.
constexpr std::size_t kTileRows = kLanes == 16 ? 12 : 6;
constexpr std::size_t kTileVectors = 2;
constexpr std::size_t kTileColumns = kTileVectors * kLanes;

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
constexpr std::array<std::array<Tile, kTileRows>, kTileVectors> kTiles{
    tiles_of<1>(std::make_index_sequence<kTileRows>{}),
    tiles_of<2>(std::make_index_sequence<kTileRows>{})};

// Copies of parts of a matrix, laid out for the tile.

/// The first `columns` columns of rows that are contiguous.
void pack_rows(const Strided& b, std::size_t depth, std::size_t columns, std::size_t width,
               Real* out) {
  for (std::size_t p = 0; p < depth; ++p, out += width)
    std::copy_n(b.data + static_cast<std::ptrdiff_t>(p) * b.row, columns, out);
}

/// The first `columns` columns of B where it is those that are contiguous: squares are transposed
/// in registers, what is left at the edges one by one.
void pack_columns(const Strided& b, std::size_t depth, std::size_t columns, std::size_t width,
                  Real* out) {
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
void pack(const Strided& b, std::size_t depth, std::size_t columns, std::size_t width, Real* out) {
  if (columns != width) std::fill(out, out + depth * width, Real(0));
  if (b.column == 1)
    pack_rows(b, depth, columns, width, out);
  else
    pack_columns(b, depth, columns, width, out);
}

/// A block of A transposed, `width` Reals from one of its stored rows to the next.
Strided packed(const Strided& a, std::size_t height, std::size_t depth, std::size_t width,
               Real* space) {
  for (std::size_t p = 0; p < depth; ++p)
    std::copy_n(a.data + static_cast<std::ptrdiff_t>(p) * a.column, height, space + p * width);
  return {space, 1, static_cast<std::ptrdiff_t>(width)};
}

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

namespace {

#ifdef SGDBENCH_ONEDNN_LIBRARY
auto* sgemm() {
  static const SharedLibrary library(SGDBENCH_ONEDNN_LIBRARY, "the kernel set onednn", "libdnnl2");
  static auto* const found = library.function<decltype(dnnl_sgemm)>("dnnl_sgemm");
  return found;
}

void load_onednn() {
  sgemm();
}

void multiply_by_onednn(bool transpose_a, bool transpose_b, int m, int n, int k, const Real* a,
                        int lda, const Real* b, int ldb, Real beta, Real* c, int ldc) {
  const auto status = sgemm()(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a,
                              lda, b, ldb, beta, c, ldc);
  // Only a wrong argument makes it fail, and going on would train on rubbish.
  if (status != dnnl_success) std::abort();
}

constexpr DenseKernels kOnednnKernels{"onednn", multiply_by_onednn, load_onednn};
constexpr const DenseKernels* kOnednn = &kOnednnKernels;
constexpr std::string_view kWhyNoOnednn = "";
#else
constexpr const DenseKernels* kOnednn = nullptr;
constexpr std::string_view kWhyNoOnednn =
    "built without oneDNN; configure with -DSGDBENCH_ONEDNN=ON";
#endif

}  // namespace

const std::vector<KernelEntry>& kernel_catalog() {
  static const std::vector<KernelEntry> catalog{
      {"native", "our own GEMM, one thread, vectorised for the machine that built it", "",
       &kNativeKernels},
      {"onednn", "oneDNN's GEMM, compiled at run time for the machine that runs it", kWhyNoOnednn,
       kOnednn},
  };
  return catalog;
}

}  // namespace sgdbench
