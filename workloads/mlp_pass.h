// Forward and backward through a network for a mini-batch.
#pragma once

#include <span>
#include <vector>

#include "workloads/kernels/dense_kernels.h"
#include "workloads/kernels/dense_layer.h"
#include "workloads/mlp.h"
#include "workloads/mlp_input.h"
#include "workloads/team.h"

namespace sgdbench {

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

 private:
  /// These rows of what a layer puts out, or of its δ.
  Block part(AlignedVector<Real>& of, std::size_t layer, Range rows);
  Block delta(std::size_t layer, Range rows);

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
