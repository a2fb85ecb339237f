// f(w) = 1/n ∑ ℓᵢ(xᵢ·W) + λ/2·‖W‖² for Newton's method, and Fenchel's lower bound of its minimum:
//
//   D(α) = −1/n ∑ ℓᵢ*(−αᵢ) − λ/2·‖v‖²,   v = 1/(λn) ∑ xᵢ ⊗ αᵢ,   D(α) ≤ f* for every feasible α
//
// At α = −∇ℓ(z), f(w) − D(α) = ‖∇f(w)‖²/(2λ): what strong convexity proves, by another way.
//
// With intercepts b, z = xᵢ·W + b, and b stays out of the norm: f is not strongly convex in b, and
// ‖∇f‖ alone proves nothing. The dual does, for α with ∑ αᵢ = 0. By Fenchel's and Young's
// inequality
//
//   ℓᵢ(z) ≥ −⟨αᵢ, z⟩ − ℓᵢ*(−αᵢ)   for every α and z, so that for every W and b
//   f(W, b) ≥ −1/n ∑ ℓᵢ*(−αᵢ) − λ⟨v, W⟩ − ⟨1/n ∑ αᵢ, b⟩ + λ/2·‖W‖²
//           ≥ −1/n ∑ ℓᵢ*(−αᵢ) − λ/2·‖v‖² = D(α)   where ∑ αᵢ = 0,
//
// the second step being λ/2·‖W − v‖² ≥ 0. −∇ℓ(z) adds up to −n·∂f/∂b, which is next to 0 and not 0:
// the loss moves it to where it is feasible (RowLoss::balance()), and v is summed up from that. The
// rounding that is left of the sum, some 1e-16 of ∑ |αᵢ|, lowers the bound by that times |b|/n.
#pragma once

#include <span>
#include <vector>

#include "workloads/optimum/block_cholesky.h"
#include "workloads/optimum/design.h"
#include "workloads/optimum/newton.h"
#include "workloads/optimum/row_loss.h"

namespace sgdbench::optimum {

class Objective final : public SmoothFunction {
 public:
  /// All three must outlive this.
  Objective(Design& design, RowLoss& loss, double l2);

  std::size_t size() const override { return design_.parameters(); }
  double evaluate(std::span<const double> w, std::span<double> gradient) override;
  void hessian_times(std::span<const double> v, std::span<double> result) override;
  void prepare_preconditioner(std::size_t steps) override;
  void precondition(std::span<const double> v, std::span<double> result) const override;
  std::size_t most_inner_steps() const override;
  bool quadratic() const override { return loss_.quadratic(); }
  bool has_intercept() const { return design_.has_intercept(); }

  /// λ/2·‖W‖².
  double penalty(std::span<const double> w) const;
  /// From now on f has a term held/2·(b − towards)² for each intercept.
  void hold_intercepts(double held, double towards);
  /// D(α) near α = −∇ℓ(z) of the last evaluate(), which is to be called again before anything else
  /// that depends on it. A pass. λ > 0.
  double dual();

 private:
  Design& design_;
  RowLoss& loss_;
  double l2_;
  double share_;  ///< 1/n
  double held_ = 0, towards_ = 0;
  /// Of a parameter.
  double regulariser(std::size_t j) const { return design_.is_intercept(j) ? held_ : l2_; }
  /// The steps of conjugate gradients that cost as much as blocks_.factorise().
  std::size_t patience() const;
  void take_diagonal();

  std::vector<double> diagonal_;
  BlockCholesky blocks_;
};

}  // namespace sgdbench::optimum
