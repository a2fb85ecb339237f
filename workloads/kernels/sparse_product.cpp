#include "workloads/kernels/sparse_product.h"

#include <algorithm>
#include <array>
#include <utility>

#include "workloads/kernels/vector.h"

#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace sgdbench {
namespace {

/// Registers of a panel of columns: enough sums to hide the latency of a multiply-add.
constexpr std::size_t kPanel = 8;

/// A block wider than this many entries a row has its bookkeeping paid for.
constexpr double kEntriesInBlock = 8;

/// z += ∑ x_v·W[v, ·] for whole registers; with `first`, z is not read.
template <std::size_t vectors>
void gather_rows(std::span<const Entry> x, const Real* w, std::size_t stride, bool first, Real* z) {
  Vec sum[vectors];
  unrolled<vectors>([&](std::size_t j) { sum[j] = Vec{}; });
  for (const Entry& e : x) {
    const Real* const row = w + e.column * stride;
    const Real value = e.value;
    unrolled<vectors>([&](std::size_t j) { sum[j] += value * plain::load<Vec>(row + j * kLanes); });
  }
  unrolled<vectors>([&](std::size_t j) {
    plain::store(z + j * kLanes, first ? sum[j] : plain::load<Vec>(z + j * kLanes) + sum[j]);
  });
}

/// W[v, ·] += x_v·δ for whole registers.
template <std::size_t vectors>
void scatter_rows(std::span<const Entry> x, const Real* delta, Real* w, std::size_t stride) {
  Vec d[vectors];
  unrolled<vectors>([&](std::size_t j) { d[j] = plain::load<Vec>(delta + j * kLanes); });
  for (const Entry& e : x) {
    Real* const row = w + e.column * stride;
    const Real value = e.value;
    unrolled<vectors>([&](std::size_t j) {
      plain::store(row + j * kLanes, plain::load<Vec>(row + j * kLanes) + value * d[j]);
    });
  }
}

using Gather = void (*)(std::span<const Entry>, const Real*, std::size_t, bool, Real*);
using Scatter = void (*)(std::span<const Entry>, const Real*, Real*, std::size_t);

template <std::size_t... i>
constexpr std::array<Gather, sizeof...(i)> gathers(std::index_sequence<i...>) {
  return {gather_rows<i + 1>...};
}
template <std::size_t... i>
constexpr std::array<Scatter, sizeof...(i)> scatters(std::index_sequence<i...>) {
  return {scatter_rows<i + 1>...};
}
constexpr auto kGathers = gathers(std::make_index_sequence<kPanel>{});
constexpr auto kScatters = scatters(std::make_index_sequence<kPanel>{});

/// Columns [begin, begin + whole + rest): `whole` in full registers, the `rest` one by one.
struct Panel {
  std::size_t begin, whole, rest;
};

/// Calls body(panel) for all columns.
template <class F>
void for_each_panel(std::size_t columns, F body) {
  for (std::size_t begin = 0; begin < columns; begin += kPanel * kLanes) {
    const std::size_t width = std::min(kPanel * kLanes, columns - begin);
    body(Panel{begin, width / kLanes * kLanes, width % kLanes});
  }
}

void multiply_row(std::span<const Entry> x, const Real* w, std::size_t stride, const Panel& p,
                  bool first, Real* z) {
  if (p.whole > 0) kGathers[p.whole / kLanes - 1](x, w, stride, first, z);
  for (std::size_t j = p.whole; j < p.whole + p.rest; ++j) {
    Real sum = first ? Real(0) : z[j];
    for (const Entry& e : x) sum += e.value * w[e.column * stride + j];
    z[j] = sum;
  }
}

void add_row(std::span<const Entry> x, const Real* delta, const Panel& p, Real* w,
             std::size_t stride) {
  if (p.whole > 0) kScatters[p.whole / kLanes - 1](x, delta, w, stride);
  for (std::size_t j = p.whole; j < p.whole + p.rest; ++j)
    for (const Entry& e : x) w[e.column * stride + j] += e.value * delta[j];
}

/// Rows [begin, end) of W, `stride` apart, and of these so many columns.
void shrink(Real* w, std::size_t stride, Range rows, std::size_t columns, Real keep) {
  for (std::size_t v = rows.begin; v < rows.end; ++v) {
    Real* const row = w + v * stride;
    if (keep == 0)
      std::fill_n(row, columns, Real(0));
    else
#pragma omp simd
      for (std::size_t j = 0; j < columns; ++j) row[j] *= keep;
  }
}

}  // namespace

SparseBatch::SparseBatch(std::size_t max_rows, std::size_t features, double entries)
    : features_(features), width_(kFeatureBlock) {
  if (entries * kFeatureBlock < kEntriesInBlock * static_cast<double>(features))
    width_ = entries < kEntriesInBlock
                 ? padded_to_line(features)
                 : padded_to_line(static_cast<std::size_t>(kEntriesInBlock / entries *
                                                           static_cast<double>(features)));
  blocks_ = (features + width_ - 1) / width_;
  bounds_.resize(max_rows * (blocks_ + 1));
}

void multiply(const SparseBatch& x, Range rows, const Real* w, const DenseRows& z) {
  for_each_panel(z.columns, [&](const Panel& p) {
    for (std::size_t k = 0; k < x.blocks(); ++k)
      for (std::size_t r = 0; r < z.rows; ++r)
        multiply_row(x.entries(rows.begin + r, k), w + p.begin, z.columns, p, k == 0,
                     z.values + r * z.stride + p.begin);
  });
}

void add_transposed(const SparseBatch& x, Range features, const DenseRows& delta, Real keep,
                    Real* w) {
  const std::size_t first = (features.begin + x.width() - 1) / x.width();
  const std::size_t last = (features.end + x.width() - 1) / x.width();
  for_each_panel(delta.columns, [&](const Panel& p) {
    for (std::size_t k = first; k < last; ++k) {
      const Range block{k * x.width(), std::min(x.features(), (k + 1) * x.width())};
      if (keep != 1) shrink(w + p.begin, delta.columns, block, p.whole + p.rest, keep);
      for (std::size_t r = 0; r < delta.rows; ++r)
        add_row(x.entries(r, k), delta.values + r * delta.stride + p.begin, p, w + p.begin,
                delta.columns);
    }
  });
}

namespace {

/// Finding the values that are not zero. Which ones they are is random, so nothing branches on it:
/// with AVX-512 a line of values is closed up in a register, elsewhere each value is written to
/// where the next one goes, and that place moves on if it was one to keep.
///
/// The entries among kLine values of columns from `column` on; returns where they end.
Entry* compress_line(const Real* x, std::size_t column, Entry* out) {
#ifdef __AVX512F__
  const __m512 values = _mm512_loadu_ps(x);
  const __mmask16 kept = _mm512_cmp_ps_mask(values, _mm512_setzero_ps(), _CMP_NEQ_UQ);
  const __m512i columns =
      _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(column)),
                       _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  const __m512i v = _mm512_maskz_compress_epi32(kept, columns);
  const __m512i xs = _mm512_castps_si512(_mm512_maskz_compress_ps(kept, values));
  // An Entry is a column, then a value.
  const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const __m512i high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
  _mm512_storeu_si512(out, _mm512_permutex2var_epi32(v, low, xs));
  _mm512_storeu_si512(out + 8, _mm512_permutex2var_epi32(v, high, xs));
  return out + __builtin_popcount(kept);
#else
  for (std::size_t j = 0; j < kLine; ++j) {
    *out = {static_cast<std::uint32_t>(column + j), x[j]};
    out += x[j] != 0;  // NaN is no zero
  }
  return out;
#endif
}

}  // namespace

void compress(std::span<const Real> row, std::size_t width, Entry* out,
              std::span<const Entry*> bounds) {
  std::size_t block = 0;
  for (std::size_t v = 0; v < row.size(); v += kLine) {
    if (v % width == 0) bounds[block++] = out;
    if (v + kLine <= row.size()) {
      out = compress_line(row.data() + v, v, out);
    } else {
      Real rest[kLine] = {};
      std::copy(row.begin() + static_cast<std::ptrdiff_t>(v), row.end(), rest);
      out = compress_line(rest, v, out);
    }
  }
  bounds[block] = out;
}

}  // namespace sgdbench
