// f(w) = 1/n ∑ ℓᵢ(xᵢ·W) + λ/2·‖W‖² for Newton's method, its preconditioners, and Fenchel's lower
// bound of its minimum:
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

#include <functional>
#include <span>
#include <vector>

#include "workloads/optimum/design.h"
#include "workloads/optimum/newton.h"
#include "workloads/optimum/row_loss.h"

namespace sgdbench::optimum {

/// A preconditioner for dense data: the Hessian's diagonal blocks, one per column of W, factorised.
///
///   P_c = 1/n ∑ᵢ k_ic·xᵢxᵢᵀ + λI,   k_ic = (∇²ℓᵢ)_cc,   P_c = L_c·L_cᵀ
///
/// With one column P is the Hessian itself, and conjugate gradients need a step or two however
/// badly it is conditioned. It may be rough: the products are in single precision, and rows with
/// next to no curvature are left out.
class BlockCholesky {
 public:
  /// Whether the blocks of this data would fit and pay.
  static bool suits(const Design& design);

  /// Factorises at the given curvature: curvature(i, k) sets the C numbers k_ic; the intercepts'
  /// part of the diagonal is `held` instead of λ. Returns false, and is not ready, where rounding
  /// leaves a block that isn't positive definite.
  bool factorise(const Design& design, double l2, double held,
                 const std::function<void(std::size_t i, double* k)>& curvature);
  bool ready() const { return ready_; }
  /// v_c ← P_c⁻¹·v_c.
  void solve(const ParallelFor& parallel, std::span<double> v) const;

 private:
  std::size_t d_ = 0;
  std::vector<std::vector<double>> factors_;  ///< L_c, row by row, in the lower triangle
  bool ready_ = false;
};

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
