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
#include <vector>

#include "workloads/data/storage.h"
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

}  // namespace sgdbench
