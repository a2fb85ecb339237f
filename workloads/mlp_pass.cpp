// The chain rule in products, and how they are cut among a team's threads: twice a step.
//
//   z_l = a_{l−1}·W_l + b_l,   a_l = φ(z_l)             by rows of the mini-batch,
//   δ_L = softmax(z_L) − e_y,                             all of it without meeting:
//   δ_{l−1} = δ_l·W_lᵀ ⊙ φ′(z_{l−1})                      an example needs no other
//   ∂ℓ/∂W_l = a_{l−1}ᵀ·δ_l,   ∂ℓ/∂b_l = ∑_rows δ_l      by rows of W_l
//
// Rows of W_l are one stretch of memory, so no two threads write near each other. The price is that
// each reads the others' part of the weights in the next step. Cut by columns of W_l they would
// stay in the cache of their thread, but that was measured slower: the products become narrow, and
// the hardware fetches ahead into what the others are writing.
#include <algorithm>
#include <utility>

#include "workloads/kernels/dense_layer.h"
#include "workloads/kernels/row.h"
#include "workloads/mlp.h"

namespace sgdbench {
namespace {

int as_int(std::size_t n) {
  return static_cast<int>(n);
}

/// A team's thread gets a multiple of so many rows, the height of the libraries' tiles, and one
/// stretch of them: products of 16 rows at a time, which would be the same for every team, take
/// oneDNN up to three times as long.
constexpr std::size_t kRowGrain = 16;

/// Multiply-adds of a step that one more thread must have to itself. It reads and writes all of the
/// weights from other caches, which takes as long as some rows' products, and is told and awaited
/// twice, for about two microseconds each.
constexpr std::size_t kWorthAThread = 200'000;

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

DenseRows NetworkPass::part(AlignedVector<Real>& of, std::size_t layer, Range rows) {
  const std::size_t width = network_.layers[layer].out, stride = padded_to_line(width);
  return {of.data() + rows.begin * stride, stride, rows.size(), width};
}

/// δ_L lies where the scores were.
DenseRows NetworkPass::delta(std::size_t layer, Range rows) {
  const bool top = layer + 1 == network_.layers.size();
  return part(top ? activations_[layer] : deltas_[layer], layer, rows);
}

const Real* NetworkPass::forward(const Real* w, InputGatherer& gatherer,
                                 std::span<const std::uint32_t> rows) {
  const Input input = gatherer.begin(rows);
  gatherer.fill({0, rows.size()});
  scores(w, input, {0, rows.size()});
  return activations_.back().data();
}

void NetworkPass::train(const Real* w, InputGatherer& gatherer, std::span<const std::uint32_t> rows,
                        const std::uint32_t* labels, const Target& target) {
  const Input input = gatherer.begin(rows);
  const std::size_t worth =
      std::min(rows.size() / kRowGrain, rows.size() * network_.parameters / kWorthAThread);
  const std::size_t pieces = std::min(team_.threads, worth);
  in_pieces(team_, pieces, [&](std::size_t i, std::size_t n) {
    const Range mine = piece_of(rows.size(), kRowGrain, i, n);
    if (mine.empty()) return;
    gatherer.fill(mine);
    scores(w, input, mine);
    deltas(w, labels, target.scale, mine);
  });
  in_pieces(team_, pieces, [&](std::size_t i, std::size_t n) {
    for (std::size_t l = 0; l < network_.layers.size(); ++l)
      gradient(input, l, target, piece_of(network_.layers[l].in, kFeatureBlock, i, n));
  });
}

/// z_l = a_{l−1}·W_l, without the bias.
void NetworkPass::product(const Real* w, const Input& input, std::size_t layer, Range rows) {
  const Layer& shape = network_.layers[layer];
  const DenseRows z = part(activations_[layer], layer, rows);
  if (layer == 0 && input.sparse) return multiply(*input.sparse, rows, w + shape.weights, z);
  const std::size_t stride = layer == 0 ? input.stride : padded_to_line(shape.in);
  const Real* const below = layer == 0 ? input.x : activations_[layer - 1].data();
  kernels_.gemm(false, false, as_int(z.rows), as_int(z.columns), as_int(shape.in),
                below + rows.begin * stride, as_int(stride), w + shape.weights, as_int(shape.out),
                0, z.values, as_int(z.stride));
}

void NetworkPass::scores(const Real* w, const Input& input, Range rows) {
  const std::size_t last = network_.layers.size() - 1;
  for (std::size_t l = 0; l <= last; ++l) {
    product(w, input, l, rows);
    const DenseRows z = part(activations_[l], l, rows);
    const Real* const bias = network_.has_biases() ? w + network_.layers[l].biases : nullptr;
    if (l < last)
      with_activation(network_.activation, [&](auto phi) { activate<decltype(phi)>(z, bias); });
    else if (bias)
      add_bias(z, bias);
  }
}

/// All δ_l of these rows, times `scale`: the chain rule is linear in δ_L.
void NetworkPass::deltas(const Real* w, const std::uint32_t* labels, Real scale, Range rows) {
  const std::size_t last = network_.layers.size() - 1;
  softmax_slopes(delta(last, rows), labels + rows.begin, scale);
  for (std::size_t l = last; l > 0; --l) delta_below(w, l, rows);
}

/// δ_{l−1} = δ_l·W_lᵀ ⊙ φ′(z_{l−1}).
void NetworkPass::delta_below(const Real* w, std::size_t layer, Range rows) {
  const Layer& shape = network_.layers[layer];
  const DenseRows from = delta(layer, rows), to = delta(layer - 1, rows);
  kernels_.gemm(false, true, as_int(to.rows), as_int(to.columns), as_int(shape.out), from.values,
                as_int(from.stride), w + shape.weights, as_int(shape.out), 0, to.values,
                as_int(to.stride));
  with_activation(network_.activation, [&](auto phi) {
    multiply_by_slope<decltype(phi)>(to, part(activations_[layer - 1], layer - 1, rows).values);
  });
}

/// W_l ← keep·W_l + a_{l−1}ᵀ·δ_l for these of its rows, and with the first one
/// b_l ← keep_biases·b_l + ∑_rows δ_l, in the target.
void NetworkPass::gradient(const Input& input, std::size_t layer, const Target& target,
                           Range features) {
  if (features.empty()) return;
  const Layer& shape = network_.layers[layer];
  const DenseRows slopes = delta(layer, {0, input.rows});
  if (network_.has_biases() && features.begin == 0)
    add_column_sums(slopes, target.keep_biases, target.out + shape.biases);
  if (layer == 0 && input.sparse)
    return add_transposed(*input.sparse, features, slopes, target.keep, target.out + shape.weights);
  const std::size_t stride = layer == 0 ? input.stride : padded_to_line(shape.in);
  const Real* const below = layer == 0 ? input.x : activations_[layer - 1].data();
  kernels_.gemm(true, false, as_int(features.size()), as_int(shape.out), as_int(input.rows),
                below + features.begin, as_int(stride), slopes.values, as_int(slopes.stride),
                target.keep, target.out + shape.weights + features.begin * shape.out,
                as_int(shape.out));
}

namespace {

constexpr std::size_t kRowsOfSample = 1000;

double filled_share(const SparseMatrix& matrix) {
  const double values = static_cast<double>(matrix.rows()) * static_cast<double>(matrix.columns);
  return static_cast<double>(matrix.entries.size()) / std::max(1.0, values);
}

double filled_share(const DenseMatrix& matrix) {
  const std::size_t step = std::max<std::size_t>(1, matrix.rows() / kRowsOfSample);
  std::size_t filled = 0, seen = 0;
  for (std::size_t i = 0; i < matrix.rows(); i += step) {
    const auto row = matrix.row(i);
    filled += row.size() - static_cast<std::size_t>(std::count(row.begin(), row.end(), Real(0)));
    seen += row.size();
  }
  return static_cast<double>(filled) / static_cast<double>(std::max<std::size_t>(1, seen));
}

/// Of one row: compress() writes up to a line more than there is.
std::size_t most_entries(std::size_t columns) {
  return padded_to_line(columns) + kLine;
}

}  // namespace

double filled_share(const Dataset& data) {
  return std::visit([](const auto& matrix) { return filled_share(matrix); }, data.features);
}

InputGatherer::InputGatherer(const Dataset& data, std::size_t columns, std::size_t max_rows,
                             double filled)
    : data_(data),
      columns_(columns),
      stride_(padded_to_line(columns)),
      max_rows_(max_rows),
      sparse_(filled < kSparseBelow) {
  if (sparse_) batch_ = {max_rows, columns, filled * static_cast<double>(columns)};
}

void InputGatherer::allocate() {
  if (!sparse_)
    scratch_.resize(max_rows_ * stride_);
  else if (!data_.sparse())
    entries_.resize(max_rows_ * most_entries(columns_));
}

/// The first of dense rows that follow each other, else null.
const Real* InputGatherer::in_place(std::span<const std::uint32_t> rows) const {
  const auto* dense = std::get_if<DenseMatrix>(&data_.features);
  if (!dense || dense->columns < columns_) return nullptr;
  for (std::size_t r = 1; r < rows.size(); ++r)
    if (rows[r] != rows[0] + r) return nullptr;
  return dense->row(rows[0]).data();
}

Input InputGatherer::begin(std::span<const std::uint32_t> rows) {
  rows_ = {};
  if (!sparse_)
    if (const Real* const found = in_place(rows))
      return {found, std::get<DenseMatrix>(data_.features).stride, rows.size()};
  allocate();
  rows_ = rows;
  if (sparse_) return {nullptr, 0, rows.size(), &batch_};
  return {scratch_.data(), stride_, rows.size()};
}

void InputGatherer::fill(Range rows) {
  if (rows_.empty()) return;
  for (std::size_t r = rows.begin; r < rows.end; ++r) {
    if (!sparse_) {
      copy_row(rows_[r], scratch_.data() + r * stride_);
    } else if (const auto* stored = std::get_if<SparseMatrix>(&data_.features)) {
      mark_blocks(stored->row(rows_[r]), batch_.bounds(r));
    } else {
      const auto row = std::get<DenseMatrix>(data_.features).row(rows_[r]);
      compress(row.first(std::min(columns_, row.size())), batch_.width(),
               entries_.data() + r * most_entries(columns_), batch_.bounds(r));
    }
  }
}

void InputGatherer::copy_row(std::size_t row, Real* out) const {
  const auto* dense = std::get_if<DenseMatrix>(&data_.features);
  if (dense && dense->columns >= columns_) {
    std::copy_n(dense->row(row).data(), columns_, out);
    return;
  }
  std::fill_n(out, stride_, Real(0));
  std::visit(
      [&](const auto& matrix) {
        for_each_value(matrix, row, columns_, [out](std::size_t v, Real x) { out[v] = x; });
      },
      data_.features);
}

void InputGatherer::mark_blocks(std::span<const Entry> row, std::span<const Entry*> bounds) const {
  const Entry* e = row.data();
  const Entry* const end = e + row.size();
  for (std::size_t k = 0; k < bounds.size(); ++k) {
    const std::size_t first = std::min(columns_, k * batch_.width());
    while (e != end && e->column < first) ++e;
    bounds[k] = e;
  }
}

}  // namespace sgdbench
