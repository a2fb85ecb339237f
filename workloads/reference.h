// The naive references: every loss and gradient once more, in double, as straight loops from the
// formulas. They share nothing with the fast code and are kept for ever: tests and `verify` hold
// every fast kernel against them.
//
// Over a set B of rows, all of them return the mean over i ∈ B of
//
//   dense models:   ℓᵢ(w) + λ/2·‖w‖²                       and  ∇ℓᵢ + λ·w
//   sparse models:  ℓᵢ(w) + ∑_{v ∈ i} λ·w_v² / (2·d_v)     and  ∇ℓᵢ + ∑_{v ∈ i} λ·w_v/d_v · e_v
//
// d_v being the share of the training rows that contain v (problem.h). Each gradient is exactly the
// gradient of its loss. Over all training rows, the sparse form is f without the regulariser of
// features that no row contains. An intercept is a last feature that every row contains with the
// value 1, and whose regulariser is 0.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "workloads/data/storage.h"
#include "workloads/losses.h"

namespace sgdbench::reference {

using Rows = std::span<const std::uint32_t>;

/// What all of them are asked for.
class Model {
 public:
  virtual ~Model() = default;
  virtual double loss(std::span<const double> w, Rows rows) const = 0;
  virtual void gradient(std::span<const double> w, Rows rows, std::span<double> gradient) const = 0;
  /// The mean of z_v/d_v on the rows' coordinates; z itself for dense models.
  virtual void spread(std::span<const double> z, Rows, std::span<double> spread) const {
    std::copy(z.begin(), z.end(), spread.begin());
  }
};

/// Linear models: z = ⟨w, x⟩, ℓ(z, y).
class Linear final : public Model {
 public:
  /// `targets` and `data` must outlive this; λ = l2.
  Linear(LossKind kind, const Dataset& data, std::span<const Real> targets, double l2,
         bool intercept);
  double loss(std::span<const double> w, Rows rows) const override;
  void gradient(std::span<const double> w, Rows rows, std::span<double> gradient) const override;
  void spread(std::span<const double> z, Rows rows, std::span<double> spread) const override;

 private:
  LossKind kind_;
  const Dataset& data_;
  std::span<const Real> targets_;
  double l2_;
  std::vector<double> share_;  ///< d_v; all 1 for dense data, ∞ for an intercept
};

/// Multi-class logistic regression on sparse data: z_c = ∑_v W[v·C + c]·x_v,
/// ℓ = log ∑_c e^{z_c} − z_y.
class SparseSoftmax final : public Model {
 public:
  SparseSoftmax(const Dataset& data, std::span<const std::uint32_t> labels, std::size_t classes,
                double l2, bool intercept);
  double loss(std::span<const double> w, Rows rows) const override;
  void gradient(std::span<const double> w, Rows rows, std::span<double> gradient) const override;
  void spread(std::span<const double> z, Rows rows, std::span<double> spread) const override;

 private:
  std::vector<double> scores(std::span<const double> w, std::size_t row) const;

  const Dataset& data_;
  std::span<const std::uint32_t> labels_;
  std::size_t classes_;
  double l2_;
  std::vector<double> share_;
};

/// Networks of dense layers: a₀ = x, z_l = a_{l−1}·W_l + b_l, a_l = φ(z_l), the last z into
/// softmax cross-entropy. Parameters lie as in mlp.h.
class Network final : public Model {
 public:
  /// `widths`: input, hidden layers, classes. λ covers the first `regularised` parameters.
  Network(const Dataset& data, std::span<const std::uint32_t> labels,
          std::vector<std::size_t> widths, bool biases, bool tanh, double l2,
          std::size_t regularised);
  double loss(std::span<const double> w, Rows rows) const override;
  void gradient(std::span<const double> w, Rows rows, std::span<double> gradient) const override;

 private:
  using Vector = std::vector<double>;
  std::vector<Vector> forward(std::span<const double> w, std::size_t row) const;
  void backward(std::span<const double> w, std::size_t row, double weight,
                std::span<double> gradient) const;

  const Dataset& data_;
  std::span<const std::uint32_t> labels_;
  std::vector<std::size_t> widths_;
  std::vector<std::size_t> first_;  ///< where each layer's W begins
  bool biases_, tanh_;
  double l2_;
  std::size_t regularised_;
};

/// Stored values of a row, as column and value.
struct Value {
  std::size_t column;
  double value;
};
std::vector<Value> values_of(const Dataset& data, std::size_t row);

/// softmax(z)_c = e^{z_c} / ∑ e^{z_k}.
std::vector<double> softmax(const std::vector<double>& z);
/// log ∑_c e^{z_c} − z_y.
double cross_entropy(const std::vector<double>& z, std::size_t y);

}  // namespace sgdbench::reference
