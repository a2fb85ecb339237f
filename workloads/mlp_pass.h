// Forward and backward through a network for a mini-batch, and the rows that go in.
#pragma once

#include <span>
#include <vector>

#include "workloads/kernels/dense_kernels.h"
#include "workloads/kernels/dense_layer.h"
#include "workloads/mlp.h"
#include "workloads/team.h"

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
  Input gather(std::span<const std::uint32_t> rows, const Team& team = {});

 private:
  const Real* in_place(std::span<const std::uint32_t> rows) const;
  void copy_row(std::size_t row, Real* out) const;

  const Dataset& data_;
  std::size_t columns_;
  std::size_t stride_;
  std::size_t max_rows_;
  AlignedVector<Real> scratch_;  ///< taken when first needed
};

/// Where a gradient goes:  out ← keep·out + scale·∑ᵢ ∇ℓᵢ(w). With out = w, keep = 1 − γλ and
/// scale = −γ/b it is the update itself. With keep = 0, `out` is not read.
struct Target {
  Real* out;
  Real keep;
  Real scale;
};

/// The activations of one mini-batch. One caller at a time, whose team does the work.
class NetworkPass {
 public:
  NetworkPass(const Network& network, std::size_t max_rows, const DenseKernels& kernels,
              Team team = {});

  /// The scores z_L, one row of classes() for each row of the input, stride() apart. They stay
  /// until the next call.
  const Real* forward(const Real* w, const Input& input);
  std::size_t stride() const { return padded_to_line(network_.classes()); }

  /// Forward and backward, labels[r] being the class of row r. All of w has been read for the last
  /// time before any of target.out is written.
  void train(const Real* w, const Input& input, const std::uint32_t* labels, const Target& target);

 private:
  /// Rows [rows.begin, rows.end) and these columns of what a layer puts out, or of its δ.
  Block part(AlignedVector<Real>& of, std::size_t layer, Range rows, Range columns);
  const Real* below(std::size_t layer, const Input& input) const;
  std::size_t below_stride(std::size_t layer, const Input& input) const;
  std::size_t multiply_adds(std::size_t layer, const Input& input) const;

  void product(const Real* w, const Input& input, std::size_t layer, Range rows, Range columns);
  void hidden(const Real* w, const Input& input, std::size_t layer, Range columns);
  void head(const Real* w, const Input& input, const std::uint32_t* labels, Real scale, Range rows);
  void delta_below(const Real* w, std::size_t layer, Range rows, Range columns);
  void gradient(const Input& input, std::size_t layer, const Target& target, std::size_t piece,
                std::size_t pieces);

  const Network& network_;
  const DenseKernels& kernels_;
  const Team team_;
  std::vector<AlignedVector<Real>>
      activations_;                          ///< a_l of layer l, padded rows; then δ_L, at last
  std::vector<AlignedVector<Real>> deltas_;  ///< δ_l of hidden layer l
};

}  // namespace sgdbench
