// The losses of a row's scores z, smooth, and their conjugates. All keep what they need of each row
// from one call to the next.
//
//   logistic   ℓ = log(1 + e^{−yz})          ℓ″ = p(1−p), p = 1/(1 + e^{yz})
//   hinge²     ℓ = max(0, 1 − yz)²           ℓ″ = 2 where yz < 1, else 0
//   squared    ℓ = ½(z − y)²                 ℓ″ = 1
//   softmax    ℓ = log ∑ e^{z_c} − z_y       ∇²ℓ = diag(p) − ppᵀ, p = softmax(z)
//
// The dual point α = −∇ℓ(z) is feasible for all of them, and its term −ℓ*(−α) is
//
//   logistic   α = yp         −p log p − (1−p) log(1−p)
//   hinge²     α = ya         a − ¼a², a = 2·max(0, 1 − yz)
//   squared    α = y − z      αy − ½α²
//   softmax    α = e_y − p    −∑ p_c log p_c
//
// for every p in [0, 1], a ≥ 0, or p in the simplex, whether it comes from a z or not. So α can be
// moved to where it adds up to 0 over all rows, as intercepts demand (objective.h), and stay
// feasible:
//
//   logistic   the p of the label with the larger sum are scaled down to the smaller one
//   hinge²     so are the a
//   squared    the mean of α is taken from each
//   softmax    ∑ᵢ p_ic is to be the number of rows n_c of class c: classes that have more are
//   scaled
//              down to it, and what this takes from a row goes to the others by what they lack
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
  /// α: −∇ℓᵢ(z), until it is balanced.
  virtual void dual_point(std::size_t i, double* alpha) const = 0;
  /// −ℓᵢ*(−α).
  virtual double dual_term(std::size_t i) const = 0;
  /// Moves α of all rows to where they add up to 0, until evaluate() is called again.
  virtual void balance() = 0;
  /// ∇²ℓ is the same everywhere.
  virtual bool quadratic() const { return false; }
  /// Where curves_everywhere() is false, the rows with any curvature as of the last settle(), which
  /// follows evaluate() of all rows.
  virtual bool curves_everywhere() const { return true; }
  virtual std::span<const std::uint32_t> curved_rows() const { return {}; }
  virtual void settle() {}
};

std::unique_ptr<RowLoss> make_logistic(std::vector<Real> signs);
std::unique_ptr<RowLoss> make_squared_hinge(std::vector<Real> signs);
std::unique_ptr<RowLoss> make_squared(std::vector<Real> targets);
std::unique_ptr<RowLoss> make_softmax(std::vector<std::uint32_t> labels, std::size_t classes);

}  // namespace sgdbench::optimum
