#include "workloads/optimum/objective.h"

namespace sgdbench::optimum {

Objective::Objective(Design& design, RowLoss& loss, double l2)
    : design_(design),
      loss_(loss),
      l2_(l2),
      share_(1 / static_cast<double>(design.rows())),
      diagonal_(design.parameters()) {}

/// ∇f = 1/n ∑ xᵢ ⊗ ∇ℓᵢ + λw.
double Objective::evaluate(std::span<const double> w, std::span<double> gradient) {
  const double sum = design_.pass(
      w, [this](std::size_t i, const double* z, double* s) { return loss_.evaluate(i, z, s); },
      gradient);
  loss_.settle();
  for (std::size_t j = 0; j < w.size(); ++j) gradient[j] = share_ * gradient[j] + l2_ * w[j];
  return share_ * sum + l2_ / 2 * dot(w, w);
}

/// ∇²f·v = 1/n ∑ xᵢ ⊗ ∇²ℓᵢ(xᵢ·V) + λv.
void Objective::hessian_times(std::span<const double> v, std::span<double> result) {
  const auto term = [this](std::size_t i, const double* u, double* t) {
    loss_.curvature_times(i, u, t);
    return 0.0;
  };
  if (loss_.curves_everywhere())
    design_.pass(v, term, result);
  else
    design_.pass(v, term, result, loss_.curved_rows());
  for (std::size_t j = 0; j < v.size(); ++j) result[j] = share_ * result[j] + l2_ * v[j];
}

void Objective::prepare_preconditioner(std::size_t) {
  design_.pass_squares(
      [this](std::size_t i, const double*, double* t) {
        loss_.curvature(i, t);
        return 0.0;
      },
      diagonal_);
  // A feature without curvature has no gradient either; any positive number does.
  for (double& x : diagonal_) {
    x = share_ * x + l2_;
    if (!(x > 0)) x = 1;
  }
}

void Objective::precondition(std::span<const double> v, std::span<double> result) const {
  for (std::size_t j = 0; j < v.size(); ++j) result[j] = v[j] / diagonal_[j];
}

/// v = w − ∇f/λ, as ∇f = 1/n ∑ xᵢ ⊗ (−αᵢ) + λw.
double Objective::dual(std::span<const double> w, std::span<const double> gradient) const {
  double terms = 0;
  for (std::size_t i = 0; i < design_.rows(); ++i) terms += loss_.dual_term(i);
  double squares = 0;
  for (std::size_t j = 0; j < w.size(); ++j) {
    const double v = w[j] - gradient[j] / l2_;
    squares += v * v;
  }
  return share_ * terms - l2_ / 2 * squares;
}

}  // namespace sgdbench::optimum
