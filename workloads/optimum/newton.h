// Minimising a smooth convex function: Newton's method, each step found by preconditioned conjugate
// gradients (Nash 1985; for these models Lin, Weng & Keerthi 2008, whose trust region is a line
// search here).
//
//   ∇²f(w)·p ≈ −∇f(w),  to a residual of η‖∇f‖,  η → 0 with ‖∇f‖: the last steps are superlinear
//   w ← w + t·p,  t = 1, ½, ¼, … until f falls by 10⁻⁴·t·|⟨∇f, p⟩|
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "workloads/optimum/optimum.h"

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

/// Improves w until ‖∇f(w)‖ ≤ tolerance or the budget is spent, or rounding keeps f from falling.
/// The function is left at w.
NewtonResult minimise(SmoothFunction& f, std::vector<double>& w, double tolerance,
                      const Budget& budget);

double dot(std::span<const double> a, std::span<const double> b);
double norm(std::span<const double> a);

}  // namespace sgdbench::optimum
