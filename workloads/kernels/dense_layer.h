// What dense layers do beside their products: one pass each over some rows, `columns` wide,
// whose rows lie `stride` Reals apart; and what follows the last one, the softmax and its
// cross-entropy, ℓ = log ∑_c e^{z_c} − z_y.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "workloads/kernels/vector.h"

namespace sgdbench {

struct DenseRows {
  Real* values;
  std::size_t stride;
  std::size_t rows;
  std::size_t columns;
};

/// max(0, z); NaN stays NaN.
struct Relu {
  static Real value(Real z) { return z < 0 ? 0 : z; }
  static Real slope(Real a) { return a > 0 ? Real(1) : Real(0); }
};

/// tanh z = 1 − 2 / (1 + e^{2z}), the absolute error being that of one rounding; φ′ = 1 − a².
struct Tanh {
  static Real value(Real z) { return 1 - 2 / (1 + fast_exp(2 * z)); }
  static Real slope(Real a) { return 1 - a * a; }
};

/// z[r, ·] += bias.
inline void add_bias(const DenseRows& z, const Real* bias) {
  for (std::size_t r = 0; r < z.rows; ++r) {
    Real* const row = z.values + r * z.stride;
#pragma omp simd
    for (std::size_t j = 0; j < z.columns; ++j) row[j] += bias[j];
  }
}

/// a[r, ·] = φ(z[r, ·] + bias), in place; `bias` may be null.
template <class Activation>
void activate(const DenseRows& z, const Real* bias) {
  for (std::size_t r = 0; r < z.rows; ++r) {
    Real* const row = z.values + r * z.stride;
    if (bias) {
#pragma omp simd
      for (std::size_t j = 0; j < z.columns; ++j) row[j] = Activation::value(row[j] + bias[j]);
    } else {
#pragma omp simd
      for (std::size_t j = 0; j < z.columns; ++j) row[j] = Activation::value(row[j]);
    }
  }
}

/// δ ← δ ⊙ φ′, from a = φ(z), whose rows lie as those of δ do.
template <class Activation>
void multiply_by_slope(const DenseRows& delta, const Real* a) {
  for (std::size_t r = 0; r < delta.rows; ++r) {
    Real* const row = delta.values + r * delta.stride;
    const Real* const a_row = a + r * delta.stride;
#pragma omp simd
    for (std::size_t j = 0; j < delta.columns; ++j) row[j] *= Activation::slope(a_row[j]);
  }
}

/// sum ← keep·sum + ∑_r values[r, ·]; with keep = 0, `sum` is not read.
inline void add_column_sums(const DenseRows& of, Real keep, Real* sum) {
  for (std::size_t j = 0; j < of.columns; j += kLine) {
    const std::size_t width = std::min(kLine, of.columns - j);
    Real total[kLine] = {};
    for (std::size_t r = 0; r < of.rows; ++r) {
      const Real* const row = of.values + r * of.stride + j;
#pragma omp simd
      for (std::size_t k = 0; k < kLine; ++k) total[k] += row[k];  // into the padding
    }
    for (std::size_t k = 0; k < width; ++k)
      sum[j + k] = keep == 0 ? total[k] : keep * sum[j + k] + total[k];
  }
}

/// z ← scale·∂ℓ/∂z:  z_c ← scale·(e^{z_c} / ∑_k e^{z_k} − [c = y]). The largest is subtracted
/// first, so nothing overflows.
inline void softmax_slope(Real* z, std::size_t classes, std::size_t y, Real scale = 1) {
  const Real top = *std::max_element(z, z + classes);
  Real sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t c = 0; c < classes; ++c) {
    z[c] = fast_exp(z[c] - top);
    sum += z[c];
  }
  const Real share = scale / sum;
#pragma omp simd
  for (std::size_t c = 0; c < classes; ++c) z[c] *= share;
  z[y] -= scale;
}

/// The same for every row of a block, padded to whole lines: the padding is worked on too.
inline void softmax_slopes(const DenseRows& z, const std::uint32_t* labels, Real scale) {
  for (std::size_t r = 0; r < z.rows; ++r)
    softmax_slope(z.values + r * z.stride, z.columns, labels[r], scale);
}

/// ℓ in double.
template <class T>
double cross_entropy(const T* z, std::size_t classes, std::size_t y) {
  const double top = *std::max_element(z, z + classes);
  double sum = 0;
  for (std::size_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(z[c]) - top);
  return top + std::log(sum) - static_cast<double>(z[y]);
}

/// Whether the answer is y: the first of the largest scores.
template <class T>
bool predicts(const T* z, std::size_t classes, std::size_t y) {
  return static_cast<std::size_t>(std::max_element(z, z + classes) - z) == y;
}

}  // namespace sgdbench
