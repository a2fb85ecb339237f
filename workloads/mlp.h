// Multi-layer perceptron: dense layers, ReLU or tanh between them, softmax cross-entropy at the
// end.
//
//   a₀ = x,   z_l = a_{l−1}·W_l + b_l,   a_l = φ(z_l),   ℓ = log ∑_c e^{z_c} − z_y
//
// The parameters lie in one vector [W₁ | b₁ | W₂ | b₂ | …], W_l row-major, inputs × outputs. In a
// network λ covers all of them, biases too. Without hidden layers it is softmax regression, whose
// biases, where it has any, are intercepts: λ leaves them alone.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "workloads/data/storage.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/kernels/dense_layer.h"
#include "workloads/kernels/sparse_product.h"
#include "workloads/parallel.h"
#include "workloads/problem.h"

namespace sgdbench {

enum class Activation { relu, tanh };
enum class Biases { none, regularised, intercepts };

struct MlpOptions {
  std::vector<std::size_t> hidden;  ///< widths of the hidden layers
  Activation activation = Activation::relu;
  Biases biases = Biases::regularised;
};

/// `data` has two classes or more and must outlive the Problem; sparse rows are expanded batch by
/// batch. λ = `l2`, or 1/n where that is negative.
std::unique_ptr<Problem> make_mlp(const MlpOptions& options, double l2, const TrainTest& data);

/// Where a layer's parameters lie.
struct Layer {
  std::size_t in, out;
  std::size_t weights;  ///< index of W[0, 0]
  std::size_t biases;   ///< index of b[0]; meaningless without biases
};

/// The shape of a network; it owns no parameters.
struct Network {
  std::vector<Layer> layers;  ///< one or more
  Activation activation = Activation::relu;
  Biases biases = Biases::regularised;
  std::size_t parameters = 0;

  Network(const MlpOptions& options, std::size_t inputs, std::size_t classes);
  std::size_t inputs() const { return layers.front().in; }
  std::size_t classes() const { return layers.back().out; }
  bool has_biases() const { return biases != Biases::none; }
  /// Parameters that λ covers: the first ones. Intercepts come last.
  std::size_t regularised() const {
    return biases == Biases::intercepts ? layers.back().biases : parameters;
  }
};

/// `filled`: the share of the data's values that are not zero.
std::unique_ptr<Worker> make_worker(const Network& network, const Dataset& data,
                                    std::span<const std::uint32_t> labels, double l2, double filled,
                                    const WorkerOptions& options);

/// Below this share of values that are not zero, the first layer skips the zeros.
inline constexpr double kSparseBelow = 0.25;

/// The share of the values that are not zero: counted if stored sparse, else on a sample of rows.
double filled_share(const Dataset& data);

/// Rows of a mini-batch: a dense matrix, or their entries.
struct Input {
  const Real* x;
  std::size_t stride;
  std::size_t rows;
  const SparseBatch* sparse = nullptr;  ///< then x is null
};

/// The rows of a mini-batch, in the form that the first layer takes fastest.
///
/// Dense rows that follow each other are used where they lie, others are gathered. Where less than
/// a quarter of the values are not zero, only those are worked on (kernels/sparse_product.h),
/// however the data are stored; else sparse rows are expanded.
///
/// Measured on 784 inputs and 128 outputs, mini-batches of 32 (AVX-512, one core at 2.8 GHz), both
/// products of the first layer: dense 100 µs with oneDNN and 113 µs native, whatever is filled;
/// skipping zeros 11.5 ns for each value that is not zero, and 10 µs to find them. That is 65 µs
/// where 20 % are filled, and level with dense at 31 %; 256 outputs and mini-batches of 128 give
/// the same within 10 %.
class InputGatherer {
 public:
  /// `data` must outlive this. Columns from `columns` on are left out, missing ones are 0. `filled`
  /// is the share of values that are not zero.
  InputGatherer(const Dataset& data, std::size_t columns, std::size_t max_rows, double filled);

  /// Takes the memory for rows that do not lie together, before anything is timed.
  void allocate();
  /// Names the rows of the next mini-batch; they can be used when all of them have been filled in.
  /// Valid until the next call, as long as `rows` are.
  Input begin(std::span<const std::uint32_t> rows);
  /// Copies these of them, if they must be. Thread safety: different rows at once.
  void fill(Range rows);

 private:
  const Real* in_place(std::span<const std::uint32_t> rows) const;
  void copy_row(std::size_t row, Real* out) const;
  void mark_blocks(std::span<const Entry> row, std::span<const Entry*> bounds) const;

  const Dataset& data_;
  const std::size_t columns_, stride_, max_rows_;
  const bool sparse_;
  std::span<const std::uint32_t> rows_;  ///< to be filled in
  SparseBatch batch_;
  AlignedVector<Real> scratch_;   ///< dense rows, taken when first needed
  AlignedVector<Entry> entries_;  ///< of dense rows, as far apart as the longest needs
};

/// Where a gradient goes:  out ← keep·out + scale·∑ᵢ ∇ℓᵢ(w). With out = w, keep = 1 − γλ and
/// scale = −γ/b it is the update itself. With keep = 0, `out` is not read. Biases have a `keep` of
/// their own, in case λ leaves them alone.
struct Target {
  Real* out;
  Real keep;
  Real keep_biases;
  Real scale;
};

/// The activations of one mini-batch. One caller at a time, whose team does the work.
class NetworkPass {
 public:
  NetworkPass(const Network& network, std::size_t max_rows, const DenseKernels& kernels,
              Team team = {});

  /// The scores z_L, one row of classes() for each of these rows, stride() apart. They stay until
  /// the next call.
  const Real* forward(const Real* w, InputGatherer& gatherer, std::span<const std::uint32_t> rows);
  std::size_t stride() const { return padded_to_line(network_.classes()); }

  /// Forward and backward, labels[r] being the class of rows[r]. All of w has been read for the
  /// last time before any of target.out is written.
  void train(const Real* w, InputGatherer& gatherer, std::span<const std::uint32_t> rows,
             const std::uint32_t* labels, const Target& target);
  /// Of the last train(), target.scale·∂ℓ/∂z_L, one row for each of its rows, stride() apart.
  const Real* slopes() const { return activations_.back().data(); }

 private:
  /// These rows of what a layer puts out, or of its δ.
  DenseRows part(AlignedVector<Real>& of, std::size_t layer, Range rows);
  DenseRows delta(std::size_t layer, Range rows);

  void product(const Real* w, const Input& input, std::size_t layer, Range rows);
  void scores(const Real* w, const Input& input, Range rows);
  void deltas(const Real* w, const std::uint32_t* labels, Real scale, Range rows);
  void delta_below(const Real* w, std::size_t layer, Range rows);
  void gradient(const Input& input, std::size_t layer, const Target& target, Range features);

  const Network& network_;
  const DenseKernels& kernels_;
  const Team team_;
  std::vector<AlignedVector<Real>>
      activations_;                          ///< a_l of layer l, padded rows; then δ_L, at last
  std::vector<AlignedVector<Real>> deltas_;  ///< δ_l of hidden layer l
};

}  // namespace sgdbench
