#include "workloads/mlp_pass.h"

#include <algorithm>

#include "workloads/kernels/softmax.h"

namespace sgdbench {
namespace {

int as_int(std::size_t n) {
  return static_cast<int>(n);
}

/// tanh x = 1 − 2 / (1 + e^{2x}); the absolute error is that of one rounding.
Real fast_tanh(Real x) {
  return 1 - 2 / (1 + fast_exp(2 * x));
}

/// out[r, ·] = row, for all rows.
void repeat_row(const Real* row, std::size_t width, std::size_t stride, std::size_t rows,
                Real* out) {
  for (std::size_t r = 0; r < rows; ++r) std::copy_n(row, width, out + r * stride);
}

/// sum += ∑_r rows[r, ·].
void add_column_sums(const Real* values, std::size_t width, std::size_t stride, std::size_t rows,
                     Real* sum) {
  for (std::size_t r = 0; r < rows; ++r) {
    const Real* const row = values + r * stride;
#pragma omp simd
    for (std::size_t j = 0; j < width; ++j) sum[j] += row[j];
  }
}

}  // namespace

NetworkPass::NetworkPass(const Network& network, std::size_t max_rows, const DenseKernels& kernels)
    : network_(network), kernels_(kernels) {
  std::size_t widest = 0;
  for (const Layer& layer : network.layers) {
    activations_.emplace_back(max_rows * padded_to_line(layer.out));
    widest = std::max(widest, padded_to_line(layer.out));
  }
  if (network.layers.size() > 1)
    for (auto& delta : deltas_) delta.resize(max_rows * widest);
}

/// z_l = a_{l−1}·W_l + b_l,  a_l = φ(z_l); the last layer stays z.
const Real* NetworkPass::forward(const Real* w, const Input& input) {
  const Real* below = input.x;
  std::size_t below_stride = input.stride;
  for (std::size_t l = 0; l < network_.layers.size(); ++l) {
    const Layer& layer = network_.layers[l];
    const std::size_t stride = padded_to_line(layer.out);
    Real* const z = activations(l);
    if (network_.biases) repeat_row(w + layer.biases, layer.out, stride, input.rows, z);
    kernels_.gemm(false, false, as_int(input.rows), as_int(layer.out), as_int(layer.in), below,
                  as_int(below_stride), w + layer.weights, as_int(layer.out),
                  network_.biases ? Real(1) : Real(0), z, as_int(stride));
    if (l + 1 < network_.layers.size()) activate(l, input.rows);
    below = z;
    below_stride = stride;
  }
  return below;
}

/// From forward():  z_l = a_{l−1}·W_l + b_l,  a_l = φ(z_l). So, with δ_l = ∂ℓ/∂z_l, row by row:
///   δ_L = softmax(z_L) − e_y,
///   ∂ℓ/∂W_l = a_{l−1}ᵀ·δ_l,   ∂ℓ/∂b_l = ∑_rows δ_l,
///   δ_{l−1} = δ_l·W_lᵀ ⊙ φ′(z_{l−1}).
void NetworkPass::backward(const Real* w, const Input& input, const std::uint32_t* labels,
                           Real* gradient) {
  const std::size_t last = network_.layers.size() - 1;
  Real* delta = activations(last);
  for (std::size_t r = 0; r < input.rows; ++r)
    softmax_slope(delta + r * stride(), network_.classes(), labels[r]);

  for (std::size_t l = last + 1; l-- > 0;) {
    const Layer& layer = network_.layers[l];
    const int out = as_int(layer.out), in = as_int(layer.in), rows = as_int(input.rows);
    const int stride = as_int(padded_to_line(layer.out));
    const int below_stride = as_int(l == 0 ? input.stride : padded_to_line(layer.in));
    const Real* const below = l == 0 ? input.x : activations(l - 1);
    kernels_.gemm(true, false, in, out, rows, below, below_stride, delta, stride, 1,
                  gradient + layer.weights, out);
    if (network_.biases)
      add_column_sums(delta, layer.out, padded_to_line(layer.out), input.rows,
                      gradient + layer.biases);
    if (l == 0) break;
    Real* const next = deltas_[l % 2].data();
    kernels_.gemm(false, true, rows, in, out, delta, stride, w + layer.weights, out, 0, next,
                  below_stride);
    multiply_by_slope(l - 1, input.rows, next);
    delta = next;
  }
}

/// a = φ(z), in place: max(0, z) or tanh z. The padding is worked on too: its values are never
/// used.
void NetworkPass::activate(std::size_t layer, std::size_t rows) {
  const std::size_t n = rows * padded_to_line(network_.layers[layer].out);
  Real* const a = activations(layer);
  if (network_.activation == Activation::relu) {
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i) a[i] = a[i] < 0 ? 0 : a[i];  // NaN stays
  } else {
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i) a[i] = fast_tanh(a[i]);
  }
}

/// δ ← δ ⊙ φ′(z), from a = φ(z):  [a > 0] for ReLU, 1 − a² for tanh.
void NetworkPass::multiply_by_slope(std::size_t layer, std::size_t rows, Real* delta) const {
  const std::size_t n = rows * padded_to_line(network_.layers[layer].out);
  const Real* const a = activations_[layer].data();
  if (network_.activation == Activation::relu) {
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i) delta[i] = a[i] > 0 ? delta[i] : 0;
  } else {
#pragma omp simd
    for (std::size_t i = 0; i < n; ++i) delta[i] *= 1 - a[i] * a[i];
  }
}

}  // namespace sgdbench
