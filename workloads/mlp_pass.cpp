// The chain rule in products, and how they are cut among a team's threads.
//
//   z_l = a_{l−1}·W_l + b_l,   a_l = φ(z_l)             by columns of W_l
//   δ_L = softmax(z_L) − e_y                            by rows of the mini-batch, z_L with it
//   δ_{l−1} = δ_l·W_lᵀ ⊙ φ′(z_{l−1})                    by rows of W_l (the topmost with δ_L)
//   ∂ℓ/∂W_l = a_{l−1}ᵀ·δ_l,   ∂ℓ/∂b_l = ∑_rows δ_l      by columns of W_l (rows, if l = L)
//
// A thread updates the columns that it reads in the next step's forward pass: the largest weights
// never leave its cache. The output layer is narrow, and goes by rows of the mini-batch.
#include "workloads/mlp_pass.h"

#include <algorithm>
#include <utility>

#include "workloads/kernels/softmax.h"

namespace sgdbench {
namespace {

int as_int(std::size_t n) {
  return static_cast<int>(n);
}

/// Calls body(φ) with the activation's class.
template <class F>
void with_activation(Activation activation, F body) {
  if (activation == Activation::relu)
    body(Relu{});
  else
    body(Tanh{});
}

}  // namespace

NetworkPass::NetworkPass(const Network& network, std::size_t max_rows, const DenseKernels& kernels,
                         Team team)
    : network_(network), kernels_(kernels), team_(std::move(team)) {
  kernels.load();
  for (const Layer& layer : network.layers)
    activations_.emplace_back(max_rows * padded_to_line(layer.out));
  for (std::size_t l = 0; l + 1 < network.layers.size(); ++l)
    deltas_.emplace_back(activations_[l].size());
}

Block NetworkPass::part(AlignedVector<Real>& of, std::size_t layer, Range rows, Range columns) {
  const std::size_t stride = padded_to_line(network_.layers[layer].out);
  return {of.data() + rows.begin * stride + columns.begin, stride, rows.size(), columns.size()};
}

const Real* NetworkPass::below(std::size_t layer, const Input& input) const {
  return layer == 0 ? input.x : activations_[layer - 1].data();
}
std::size_t NetworkPass::below_stride(std::size_t layer, const Input& input) const {
  return layer == 0 ? input.stride : padded_to_line(network_.layers[layer].in);
}
std::size_t NetworkPass::multiply_adds(std::size_t layer, const Input& input) const {
  return input.rows * network_.layers[layer].in * network_.layers[layer].out;
}

const Real* NetworkPass::forward(const Real* w, const Input& input) {
  const std::size_t last = network_.layers.size() - 1;
  for (std::size_t l = 0; l < last; ++l) hidden(w, input, l, {0, network_.layers[l].out});
  product(w, input, last, {0, input.rows}, {0, network_.classes()});
  if (network_.biases)
    add_bias(part(activations_[last], last, {0, input.rows}, {0, network_.classes()}),
             w + network_.layers[last].biases);
  return activations_[last].data();
}

void NetworkPass::train(const Real* w, const Input& input, const std::uint32_t* labels,
                        const Target& target) {
  const std::size_t last = network_.layers.size() - 1;
  const auto columns = [&](std::size_t l, std::size_t i, std::size_t n) {
    return piece_of(network_.layers[l].out, kLine, i, n);
  };
  for (std::size_t l = 0; l < last; ++l)
    in_pieces(team_, multiply_adds(l, input),
              [&](std::size_t i, std::size_t n) { hidden(w, input, l, columns(l, i, n)); });
  in_pieces(team_, 2 * multiply_adds(last, input), [&](std::size_t i, std::size_t n) {
    head(w, input, labels, target.scale, piece_of(input.rows, 1, i, n));
  });
  for (std::size_t l = last; l-- > 1;)
    in_pieces(team_, multiply_adds(l, input), [&](std::size_t i, std::size_t n) {
      delta_below(w, l, {0, input.rows}, columns(l - 1, i, n));
    });
  std::size_t all = 0;
  for (std::size_t l = 0; l <= last; ++l) all += multiply_adds(l, input);
  in_pieces(team_, all, [&](std::size_t i, std::size_t n) {
    for (std::size_t l = 0; l <= last; ++l) gradient(input, l, target, i, n);
  });
}

/// z_l = a_{l−1}·W_l, without the bias.
void NetworkPass::product(const Real* w, const Input& input, std::size_t layer, Range rows,
                          Range columns) {
  const Layer& shape = network_.layers[layer];
  const std::size_t stride = below_stride(layer, input);
  const Block z = part(activations_[layer], layer, rows, columns);
  kernels_.gemm(false, false, as_int(z.rows), as_int(z.columns), as_int(shape.in),
                below(layer, input) + rows.begin * stride, as_int(stride),
                w + shape.weights + columns.begin, as_int(shape.out), 0, z.values,
                as_int(z.stride));
}

void NetworkPass::hidden(const Real* w, const Input& input, std::size_t layer, Range columns) {
  if (columns.empty()) return;
  const Range rows{0, input.rows};
  product(w, input, layer, rows, columns);
  const Real* const bias =
      network_.biases ? w + network_.layers[layer].biases + columns.begin : nullptr;
  with_activation(network_.activation, [&](auto phi) {
    activate<decltype(phi)>(part(activations_[layer], layer, rows, columns), bias);
  });
}

/// scale·δ_L, and with it everything below, the chain rule being linear in it.
void NetworkPass::head(const Real* w, const Input& input, const std::uint32_t* labels, Real scale,
                       Range rows) {
  if (rows.empty()) return;
  const std::size_t last = network_.layers.size() - 1;
  product(w, input, last, rows, {0, network_.classes()});
  const Block z = part(activations_[last], last, rows, {0, network_.classes()});
  if (network_.biases) add_bias(z, w + network_.layers[last].biases);
  for (std::size_t r = 0; r < z.rows; ++r)
    softmax_slope(z.values + r * z.stride, z.columns, labels[rows.begin + r], scale);
  if (last > 0) delta_below(w, last, rows, {0, network_.layers[last].in});
}

/// δ_{l−1} = δ_l·W_lᵀ ⊙ φ′(z_{l−1}).
void NetworkPass::delta_below(const Real* w, std::size_t layer, Range rows, Range columns) {
  if (columns.empty()) return;
  const Layer& shape = network_.layers[layer];
  auto& above = layer + 1 == network_.layers.size() ? activations_[layer] : deltas_[layer];
  const Block from = part(above, layer, rows, {0, shape.out});
  const Block to = part(deltas_[layer - 1], layer - 1, rows, columns);
  kernels_.gemm(false, true, as_int(to.rows), as_int(to.columns), as_int(shape.out), from.values,
                as_int(from.stride), w + shape.weights + columns.begin * shape.out,
                as_int(shape.out), 0, to.values, as_int(to.stride));
  with_activation(network_.activation, [&](auto phi) {
    multiply_by_slope<decltype(phi)>(
        to, part(activations_[layer - 1], layer - 1, rows, columns).values);
  });
}

/// W_l ← keep·W_l + a_{l−1}ᵀ·δ_l,   b_l ← keep·b_l + ∑_rows δ_l   in the target.
void NetworkPass::gradient(const Input& input, std::size_t layer, const Target& target,
                           std::size_t piece, std::size_t pieces) {
  const Layer& shape = network_.layers[layer];
  const bool top = layer + 1 == network_.layers.size();
  const Range all_rows{0, shape.in}, all_columns{0, shape.out};
  const Range rows = top ? piece_of(shape.in, kLine, piece, pieces) : all_rows;
  const Range columns = top ? all_columns : piece_of(shape.out, kLine, piece, pieces);
  if (rows.empty() || columns.empty()) return;

  const Block delta =
      part(top ? activations_[layer] : deltas_[layer], layer, {0, input.rows}, columns);
  kernels_.gemm(true, false, as_int(rows.size()), as_int(columns.size()), as_int(input.rows),
                below(layer, input) + rows.begin, as_int(below_stride(layer, input)), delta.values,
                as_int(delta.stride), target.keep,
                target.out + shape.weights + rows.begin * shape.out + columns.begin,
                as_int(shape.out));
  if (network_.biases && rows.begin == 0)
    add_column_sums(delta, target.keep, target.out + shape.biases + columns.begin);
}

}  // namespace sgdbench
