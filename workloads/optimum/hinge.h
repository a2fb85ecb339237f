// The optimum of the support vector machine, whose loss has a kink.
//
// The idea: the method of multipliers (Rockafellar 1976; for this problem Yan & Li 2020). The hinge
// of the margin m = yz is a maximum over a dual variable, max(0, 1 − m) = max_{0≤a≤1} a(1 − m).
// Kept near the last dual solution a⁰ it is smooth,
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
#pragma once

#include <cstdint>
#include <vector>

#include "workloads/optimum/design.h"
#include "workloads/real.h"

namespace sgdbench::optimum {

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
