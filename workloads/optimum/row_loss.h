// The losses of a row's scores z, twice differentiable, and their conjugates. All keep what they
// need of each row from one call to the next.
//
//   logistic   ℓ = log(1 + e^{−yz})          ℓ″ = p(1−p), p = 1/(1 + e^{yz})
//   squared    ℓ = ½(z − y)²                 ℓ″ = 1
//   softmax    ℓ = log ∑ e^{z_c} − z_y       ∇²ℓ = diag(p) − ppᵀ, p = softmax(z)
//
// At α = −∇ℓ(z), which is feasible for all of them, the dual's term −ℓ*(−α) is
//
//   logistic   −p log p − (1−p) log(1−p)
//   squared    αy − ½α²
//   softmax    −∑ p_c log p_c
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "workloads/losses.h"
#include "workloads/real.h"

namespace sgdbench::optimum {

/// Thread safety: different rows at once.
class RowLoss {
 public:
  virtual ~RowLoss() = default;
  virtual std::size_t width() const = 0;  ///< C, the number of scores
  /// Row i is at z from now on: returns ℓᵢ(z), sets s = ∇ℓᵢ(z).
  virtual double evaluate(std::size_t i, const double* z, double* s) = 0;
  /// t = ∇²ℓᵢ·u.
  virtual void curvature_times(std::size_t i, const double* u, double* t) const = 0;
  /// Its diagonal.
  virtual void curvature(std::size_t i, double* t) const = 0;
  /// −ℓᵢ*(−α) at α = −∇ℓᵢ(z).
  virtual double dual_term(std::size_t i) const = 0;
  /// ∇²ℓ is the same everywhere.
  virtual bool quadratic() const { return false; }
  /// Where curves_everywhere() is false, the rows with any curvature as of the last settle(), which
  /// follows evaluate() of all rows.
  virtual bool curves_everywhere() const { return true; }
  virtual std::span<const std::uint32_t> curved_rows() const { return {}; }
  virtual void settle() {}
};

std::unique_ptr<RowLoss> make_logistic(std::vector<Real> signs);
std::unique_ptr<RowLoss> make_squared(std::vector<Real> targets);
std::unique_ptr<RowLoss> make_softmax(std::vector<std::uint32_t> labels, std::size_t classes);

}  // namespace sgdbench::optimum
