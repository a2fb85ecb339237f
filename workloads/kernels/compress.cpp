// Finding the values that are not zero. Which ones they are is random, so nothing branches on it:
// with AVX-512 a line of values is closed up in a register, elsewhere each value is written to
// where the next one goes, and that place moves on if it was one to keep.
#include <algorithm>

#include "workloads/kernels/sparse_product.h"

#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace sgdbench {
namespace {

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
