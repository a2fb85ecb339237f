// The softmax and its cross-entropy: ℓ = log ∑_c e^{z_c} − z_y.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "workloads/kernels/dense_layer.h"
#include "workloads/kernels/exp.h"
#include "workloads/real.h"

namespace sgdbench {

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
inline void softmax_slopes(const Block& z, const std::uint32_t* labels, Real scale) {
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
