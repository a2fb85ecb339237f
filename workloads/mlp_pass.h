// Forward and backward through a network for a mini-batch, and the rows that go in.
#pragma once

#include <span>
#include <vector>

#include "workloads/kernels/dense_kernels.h"
#include "workloads/mlp.h"

namespace sgdbench {

/// Rows of a mini-batch as one dense matrix.
struct Input {
  const Real* x;
  std::size_t stride;
  std::size_t rows;
};

/// Finds or makes it: dense rows that follow each other are used where they lie, others are
/// gathered, and sparse ones expanded.
class InputGatherer {
 public:
  /// `data` must outlive this. Columns from `columns` on are left out, missing ones are 0.
  InputGatherer(const Dataset& data, std::size_t columns, std::size_t max_rows);
  /// Takes the memory for rows that do not lie together, before anything is timed.
  void allocate() { scratch_.resize(max_rows_ * stride_); }
  /// Valid until the next call.
  Input gather(std::span<const std::uint32_t> rows);

 private:
  const Real* in_place(std::span<const std::uint32_t> rows) const;

  const Dataset& data_;
  std::size_t columns_;
  std::size_t stride_;
  std::size_t max_rows_;
  AlignedVector<Real> scratch_;  ///< taken when first needed
};

/// The activations of one mini-batch. One thread at a time.
class NetworkPass {
 public:
  NetworkPass(const Network& network, std::size_t max_rows, const DenseKernels& kernels);

  /// The scores z_L, one row of classes() for each row of the input, stride() apart. They stay
  /// until the next forward() or backward().
  const Real* forward(const Real* w, const Input& input);
  std::size_t stride() const { return padded_to_line(network_.classes()); }

  /// After forward() at the same w and input: gradient += ∑ᵢ ∇ℓᵢ(w), labels[r] being the class of
  /// row r.
  void backward(const Real* w, const Input& input, const std::uint32_t* labels, Real* gradient);

 private:
  Real* activations(std::size_t layer) { return activations_[layer].data(); }
  void activate(std::size_t layer, std::size_t rows);
  void multiply_by_slope(std::size_t layer, std::size_t rows, Real* delta) const;

  const Network& network_;
  const DenseKernels& kernels_;
  std::vector<AlignedVector<Real>> activations_;  ///< a_l of layer l, padded rows
  AlignedVector<Real> deltas_[2];
};

}  // namespace sgdbench
