// f(w) = 1/n ∑ ℓᵢ(xᵢ·W) + λ/2·‖W‖² for Newton's method, and Fenchel's lower bound of its minimum:
//
//   D(α) = −1/n ∑ ℓᵢ*(−αᵢ) − λ/2·‖v‖²,   v = 1/(λn) ∑ xᵢ ⊗ αᵢ,   D(α) ≤ f* for every feasible α
//
// At α = −∇ℓ(z), f(w) − D(α) = ‖∇f(w)‖²/(2λ): what strong convexity proves, by another way.
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

  /// D(α) at α = −∇ℓ(z) of the last evaluate(), whose gradient and w these are. λ > 0.
  double dual(std::span<const double> w, std::span<const double> gradient) const;

 private:
  Design& design_;
  RowLoss& loss_;
  double l2_;
  double share_;  ///< 1/n
  /// The steps of conjugate gradients that cost as much as blocks_.factorise().
  std::size_t patience() const;
  void take_diagonal();

  std::vector<double> diagonal_;
  BlockCholesky blocks_;
};

}  // namespace sgdbench::optimum
