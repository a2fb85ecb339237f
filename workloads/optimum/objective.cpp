#include "workloads/optimum/objective.h"

#include <algorithm>

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
  double value = share_ * sum + penalty(w);
  for (std::size_t j = 0; j < w.size(); ++j) {
    const bool intercept = design_.is_intercept(j);
    const double off = intercept ? w[j] - towards_ : w[j];
    gradient[j] = share_ * gradient[j] + regulariser(j) * off;
    if (intercept) value += held_ / 2 * off * off;
  }
  return value;
}

double Objective::penalty(std::span<const double> w) const {
  double squares = dot(w, w);
  for (std::size_t j = 0; j < w.size(); ++j)
    if (design_.is_intercept(j)) squares -= w[j] * w[j];
  return l2_ / 2 * squares;
}

void Objective::hold_intercepts(double held, double towards) {
  held_ = held;
  towards_ = towards;
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
  for (std::size_t j = 0; j < v.size(); ++j) result[j] = share_ * result[j] + regulariser(j) * v[j];
}

std::size_t Objective::patience() const {
  // A factorisation takes about rows·d² operations, in fast products, and d³/3; a step rows·4d.
  const double d = static_cast<double>(design_.features());
  const double n = static_cast<double>(design_.rows());
  const double curved =
      loss_.curves_everywhere()
          ? n
          : static_cast<double>(std::max<std::size_t>(1, loss_.curved_rows().size()));
  return static_cast<std::size_t>(5 + d / 32 + std::min(d, d * d / (12 * curved)));
}

std::size_t Objective::most_inner_steps() const {
  const bool blocks_come = BlockCholesky::suits(design_) && !blocks_.ready();
  return blocks_come ? 2 * patience() : SmoothFunction::most_inner_steps();
}

void Objective::prepare_preconditioner(std::size_t steps) {
  if (BlockCholesky::suits(design_) && steps > patience() &&
      blocks_.factorise(design_, l2_, held_,
                        [this](std::size_t i, double* k) { loss_.curvature(i, k); }))
    return;
  if (!blocks_.ready()) take_diagonal();
}

void Objective::take_diagonal() {
  design_.pass_squares(
      [this](std::size_t i, const double*, double* t) {
        loss_.curvature(i, t);
        return 0.0;
      },
      diagonal_);
  // A feature without curvature has no gradient either; any positive number does.
  for (std::size_t j = 0; j < diagonal_.size(); ++j) {
    diagonal_[j] = share_ * diagonal_[j] + regulariser(j);
    if (!(diagonal_[j] > 0)) diagonal_[j] = 1;
  }
}

/// The columns of W add up to 0 in every gradient of softmax and so in its solution; in other
/// directions its Hessian is next to nothing. Steps are kept where it is something.
void Objective::precondition(std::span<const double> v, std::span<double> result) const {
  std::copy(v.begin(), v.end(), result.begin());
  if (design_.width() > 1) design_.centre(result);
  if (blocks_.ready())
    blocks_.solve(design_.parallel(), result);
  else
    for (std::size_t j = 0; j < v.size(); ++j) result[j] /= diagonal_[j];
  if (design_.width() > 1) design_.centre(result);
}

double Objective::dual() {
  if (design_.has_intercept()) loss_.balance();
  const std::vector<double> nowhere(size());
  std::vector<double> v(size());
  const double terms = design_.pass(
      nowhere,
      [this](std::size_t i, const double*, double* alpha) {
        loss_.dual_point(i, alpha);
        return loss_.dual_term(i);
      },
      v);
  for (double& x : v) x *= share_ / l2_;
  return share_ * terms - penalty(v);
}

}  // namespace sgdbench::optimum
