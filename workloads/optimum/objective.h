// Minimising the objective: as a smooth function by Newton's method; the hinge, whose loss has a
// kink, by the method of multipliers on top of it.
//
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

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "workloads/optimum/design.h"
#include "workloads/optimum/optimum.h"
#include "workloads/optimum/row_loss.h"
#include "workloads/real.h"

namespace sgdbench::optimum {

class SmoothFunction {
 public:
  virtual ~SmoothFunction() = default;
  virtual std::size_t size() const = 0;
  /// f and ∇f at w, where the Hessian is then taken too.
  virtual double evaluate(std::span<const double> w, std::span<double> gradient) = 0;
  virtual void hessian_times(std::span<const double> v, std::span<double> result) = 0;
  /// Makes precondition() ready for the current Hessian; `steps`: what conjugate gradients took
  /// last time.
  virtual void prepare_preconditioner(std::size_t steps) = 0;
  /// result ≈ (∇²f)⁻¹·v; symmetric, positive definite.
  virtual void precondition(std::span<const double> v, std::span<double> result) const = 0;
  /// Of conjugate gradients, before the step is taken as it is.
  virtual std::size_t most_inner_steps() const { return 5000; }
  /// One Newton step is the solution.
  virtual bool quadratic() const { return false; }
};

struct NewtonResult {
  bool converged = false;  ///< ‖∇f(w)‖ ≤ tolerance
  double value = 0;
  double gradient = 0;           ///< ‖∇f(w)‖
  std::uint64_t iterations = 0;  ///< Newton steps
};

/// Minimising a smooth convex function: Newton's method, each step found by preconditioned
/// conjugate gradients (Nash 1985; for these models Lin, Weng & Keerthi 2008, whose trust region is
/// a line search here).
///
///   ∇²f(w)·p ≈ −∇f(w),  to a residual of η‖∇f‖,  η → 0 with ‖∇f‖: the last steps are superlinear
///   w ← w + t·p,  t = 1, ½, ¼, … until f falls by 10⁻⁴·t·|⟨∇f, p⟩|
///
/// Improves w until ‖∇f(w)‖ ≤ tolerance or the budget is spent, or rounding keeps f from falling.
/// The function is left at w.
NewtonResult minimise(SmoothFunction& f, std::vector<double>& w, double tolerance,
                      const Budget& budget);

double dot(std::span<const double> a, std::span<const double> b);
double norm(std::span<const double> a);

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

// The support vector machine: the method of multipliers (Rockafellar 1976; for this problem Yan &
// Li 2020). The hinge of the margin m = yz is a maximum over a dual variable, max(0, 1 − m) =
// max_{0≤a≤1} a(1 − m). Kept near the last dual solution a⁰ it is smooth,
//
//   h(m) = max_{0≤a≤1} a(1 − m) − (a − a⁰)²/(2σ),   at a = clip(a⁰ + σ(1 − m), 0, 1),
//   h′ = −a,   h″ = σ where 0 < a⁰ + σ(1 − m) < 1, else 0,
//
// and Newton's method minimises 1/n ∑ h(mᵢ) + λ/2·‖w‖². Then a⁰ ← a, σ grows, and so on: each
// round starts at the last one's solution, and the last ones take a step or two. Its Hessian has
// only the rows near their kinks, so conjugate gradients read a small part of the data.
//
// An intercept b has no regulariser, and where no row is near its kink h has no curvature in b. So
// b is held near its last value b⁰ by λ/(2σ)·(b − b⁰)², at first as if λ covered it, and b⁰ ← b:
// the proximal method of multipliers (Rockafellar 1976), whose solutions have ∑ yᵢaᵢ = 0 in the
// limit.
//
// Certificate: every a in [0, 1]ⁿ (with an intercept: that has ∑ yᵢaᵢ = 0, objective.h) gives a
// lower bound of f*,
//
//   D(a) = 1/n ∑ aᵢ − λ/2·‖v‖²,   v = 1/(λn) ∑ aᵢ yᵢ xᵢ,   gap = f(w) − D(a) ≥ f(w) − f*.

struct HingeResult {
  double value = 0;           ///< f(w)
  double dual = 0;            ///< D(a)
  double gradient = 0;        ///< λ·‖w − v‖
  double first_gradient = 0;  ///< ‖∇f(0)‖
  std::uint64_t rounds = 0, iterations = 0;
  double gap() const { return value - dual; }
};

/// Improves w; stops when gap() ≤ tolerance·f(w), or when the budget is spent. Begins at w and at
/// the `multipliers` a⁰, one of each row, where both are no worse than 0, and sets them.
HingeResult minimise_hinge(Design& design, std::vector<Real> signs, double l2, double tolerance,
                           const Budget& budget, std::vector<double>& w,
                           std::vector<double>& multipliers);

}  // namespace sgdbench::optimum
