#include "workloads/optimum/newton.h"

#include <algorithm>
#include <cmath>

namespace sgdbench::optimum {
namespace {

constexpr int kMostHalvings = 40;

using Vector = std::vector<double>;

void add_scaled(Vector& y, double a, const Vector& x) {
  for (std::size_t j = 0; j < y.size(); ++j) y[j] += a * x[j];
}

/// p with ‖∇²f·p + g‖ ≤ limit, or what the budget allowed.
///
///   α = ⟨r, z⟩/⟨q, Hq⟩,  p ← p + αq,  r ← r − αHq,  z = M⁻¹r,  q ← z + (⟨r, z⟩/⟨r, z⟩_old)·q
class ConjugateGradients {
 public:
  explicit ConjugateGradients(std::size_t size) : r_(size), z_(size), q_(size), hq_(size) {}

  /// Returns the number of steps taken.
  std::size_t solve(SmoothFunction& f, const Vector& g, double limit, const Budget& budget,
                    Vector& p) {
    std::fill(p.begin(), p.end(), 0.0);
    for (std::size_t j = 0; j < g.size(); ++j) r_[j] = -g[j];
    f.precondition(r_, z_);
    q_ = z_;
    double rz = dot(r_, z_);
    std::size_t steps = 0;
    const std::size_t most = f.most_inner_steps();
    while (steps < most && norm(r_) > limit && !budget.spent()) {
      f.hessian_times(q_, hq_);
      const double curvature = dot(q_, hq_);
      if (!(curvature > 0) || !(rz > 0)) break;  // rounding: p is as good as it gets
      const double alpha = rz / curvature;
      add_scaled(p, alpha, q_);
      add_scaled(r_, -alpha, hq_);
      f.precondition(r_, z_);
      const double next = dot(r_, z_);
      for (std::size_t j = 0; j < q_.size(); ++j) q_[j] = z_[j] + next / rz * q_[j];
      rz = next;
      ++steps;
    }
    return steps;
  }

 private:
  Vector r_, z_, q_, hq_;
};

/// The residual that a step is worth solving to.
double inner_limit(const SmoothFunction& f, double gradient, double first, double tolerance) {
  constexpr double kShare = 0.3;  // of the tolerance, so that the last step meets it
  const double forcing = std::min(0.1, std::sqrt(gradient / first));
  return f.quadratic() ? kShare * tolerance : std::max(forcing * gradient, kShare * tolerance);
}

/// Below this, a fall of f can't be told from rounding.
double rounding(double value) {
  return 1e-13 * std::abs(value);
}

}  // namespace

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t j = 0; j < a.size(); ++j) sum += a[j] * b[j];
  return sum;
}

double norm(std::span<const double> a) {
  return std::sqrt(dot(a, a));
}

NewtonResult minimise(SmoothFunction& f, std::vector<double>& w, double tolerance,
                      const Budget& budget) {
  Vector g(f.size()), p(f.size()), next(f.size()), next_g(f.size());
  ConjugateGradients inner(f.size());
  NewtonResult result;
  result.value = f.evaluate(w, g);
  result.gradient = norm(g);
  const double first = result.gradient;
  std::size_t steps = 0;
  while (result.gradient > tolerance && !budget.spent()) {
    f.prepare_preconditioner(steps);
    steps = inner.solve(f, g, inner_limit(f, result.gradient, first, tolerance), budget, p);
    const double slope = dot(g, p);
    if (!(slope < 0)) break;
    double t = 1, value = 0, gradient = 0;
    bool accepted = false;
    for (int k = 0; k < kMostHalvings && !accepted; ++k, t /= 2) {
      for (std::size_t j = 0; j < w.size(); ++j) next[j] = w[j] + t * p[j];
      value = f.evaluate(next, next_g);
      gradient = norm(next_g);
      accepted = value <= result.value + 1e-4 * t * slope ||
                 (-t * slope <= rounding(value) && gradient < result.gradient);
    }
    if (!accepted) {
      f.evaluate(w, g);  // back to where it was
      break;
    }
    w.swap(next);
    g.swap(next_g);
    result.value = value;
    result.gradient = gradient;
    ++result.iterations;
  }
  result.converged = result.gradient <= tolerance;
  return result;
}

}  // namespace sgdbench::optimum
