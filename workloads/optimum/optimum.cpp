#include "workloads/optimum/optimum.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "workloads/data_problem.h"
#include "workloads/names.h"
#include "workloads/optimum/objective.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

using namespace optimum;

std::string dual_text(double dual, double off) {
  return fmt::format("dual value {:.17g}, off by {:.1e}", dual, off);
}

/// f and ‖∇f‖ at 0.
NewtonResult start_of(Objective& f) {
  std::vector<double> w(f.size()), g(f.size());
  NewtonResult start;
  start.value = f.evaluate(w, g);
  start.gradient = norm(g);
  return start;
}

/// A w that is worse than 0, or no number, is no place to begin.
void begin_no_worse(Objective& f, double at_zero, std::vector<double>& w) {
  if (norm(w) == 0) return;
  std::vector<double> g(f.size());
  if (!(f.evaluate(w, g) <= at_zero)) std::fill(w.begin(), w.end(), 0.0);
}

double relative(double gradient, double first) {
  return first > 0 ? gradient / first : gradient;
}

[[noreturn]] void give_up(const WorkloadOptions& options, const char* what, double reached,
                          const Budget& budget) {
  throw NotConverged(fmt::format(
      "the optimum of {} did not converge to {:.0e}: its {} is {:.1e} after {:.0f} passes and "
      "{:.0f} "
      "s",
      options.workload, kOptimumTolerance, what, reached, budget.passes(), budget.seconds()));
}

/// How far `other` is from f, relative to f; throws where that's further than it may be. An f of
/// nothing but rounding has no relative size: `scale` is what it is small beside.
double checked_distance(const WorkloadOptions& options, double value, double other, double scale,
                        const Budget& budget) {
  const double off = (value - other) / std::max(std::abs(value), scale);
  if (!(std::abs(off) <= kOptimumTolerance)) give_up(options, "cross-check", off, budget);
  return off;
}

/// f once more from a random start: for λ = 0, where nothing bounds f* from below.
std::string check_by_second_start(const WorkloadOptions& options, Objective& f, double value,
                                  double first, const Budget& budget) {
  if (first == 0) return "the gradient is 0 where it starts";
  Random random(7);
  std::vector<double> w(f.size()), g(f.size());
  const double at_zero = f.evaluate(w, g);
  for (double& x : w) x = random.normal() / std::sqrt(static_cast<double>(w.size()));
  const auto again = minimise(f, w, kOptimumTolerance * first, budget);
  const double off =
      checked_distance(options, value, again.value, kOptimumTolerance * at_zero, budget);
  return fmt::format("from another start {:.17g}, off by {:.1e}", again.value, off);
}

std::string check_by_dual(const WorkloadOptions& options, Objective& f,
                          const std::vector<double>& w, double value, const Budget& budget) {
  std::vector<double> g(f.size());
  f.evaluate(w, g);
  const double dual = f.dual();
  const double off = checked_distance(options, value, dual, 1e-300, budget);
  return dual_text(dual, off);
}

/// f(w) − f* ≤ ‖∇f(w)‖²/(2λ), where there is no intercept.
double gap_by_gradient(const NewtonResult& found, double l2) {
  return found.gradient * found.gradient / (2 * l2);
}

/// Whether f is its minimum to the last bit.
bool is_minimum(const NewtonResult& found, double l2) {
  return l2 > 0 && gap_by_gradient(found, l2) <=
                       std::numeric_limits<double>::epsilon() * std::abs(found.value);
}

/// What is proven of f(w) − f* at what minimise() found, where f was left. λ > 0.
double proven_gap(Objective& f, const NewtonResult& found, double l2) {
  const double by_gradient = gap_by_gradient(found, l2);
  return f.has_intercept() ? std::max(by_gradient, found.value - f.dual()) : by_gradient;
}

/// ‖∇f‖ ≤ tolerance·‖∇f(0)‖ alone proves little of f where features are large: the gap is to be
/// small too. Where f is its minimum to the last bit, that is enough. Sets the gap where λ > 0.
NewtonResult minimise_to_certificate(Objective& f, double l2, const NewtonResult& start,
                                     const Budget& budget, std::vector<double>& w, double& gap) {
  constexpr double kMargin = 0.1;
  // A start whose gradient is nothing but rounding has no share of it to go for.
  const double share = is_minimum(start, l2) ? 1 : kOptimumTolerance;
  auto found = minimise(f, w, share * start.gradient, budget);
  if (l2 == 0) return found;
  gap = proven_gap(f, found, l2);
  double wanted = std::sqrt(2 * l2 * kMargin * kOptimumTolerance * std::abs(found.value));
  // An intercept's part of the gradient may have to be smaller yet: how small, only the gap says.
  while (found.converged &&
         (found.gradient > wanted || gap > kOptimumTolerance * std::abs(found.value))) {
    const auto steps = found.iterations;
    if (found.gradient <= wanted) wanted = kMargin * found.gradient;
    found = minimise(f, w, wanted, budget);
    found.iterations += steps;
    gap = proven_gap(f, found, l2);
  }
  found.converged |= is_minimum(found, l2);
  return found;
}

Optimum smooth_optimum(const WorkloadOptions& options, double l2, Objective& f,
                       const Budget& budget, std::vector<double>& w) {
  const NewtonResult start = start_of(f);
  begin_no_worse(f, start.value, w);
  double gap = 0;
  const auto found = minimise_to_certificate(f, l2, start, budget, w, gap);
  const double first = is_minimum(start, l2) ? 0 : start.gradient;
  const double gradient = relative(found.gradient, first);
  if (!found.converged && gradient > kOptimumTolerance)
    give_up(options, "relative gradient", gradient, budget);
  if (!found.converged || gap > kOptimumTolerance * std::abs(found.value))
    give_up(options, "relative gap", gap / std::abs(found.value), budget);
  Optimum result;
  result.value = found.value;
  result.relative_gradient = gradient;
  result.solver = "Newton with conjugate gradients";
  result.iterations = found.iterations;
  if (l2 > 0) {
    result.gap = gap;
    result.cross_check = check_by_dual(options, f, w, found.value, budget);
  } else {
    result.cross_check = check_by_second_start(options, f, found.value, first, budget);
  }
  return result;
}

Optimum hinge_optimum(const WorkloadOptions& options, double l2, const Dataset& train,
                      Design& design, const Budget& budget, std::vector<double>& w,
                      std::vector<double>& multipliers) {
  const auto found = minimise_hinge(design, signs(train, train.classes), l2, kOptimumTolerance,
                                    budget, w, multipliers);
  const double off = found.gap() / std::max(std::abs(found.value), 1e-300);
  if (!(off <= kOptimumTolerance)) give_up(options, "relative duality gap", off, budget);
  Optimum result;
  result.value = found.value;
  result.relative_gradient = relative(found.gradient, found.first_gradient);
  result.gap = std::max(0.0, found.gap());
  result.solver = "method of multipliers with Newton";
  result.cross_check = dual_text(found.dual, off);
  result.iterations = found.iterations;
  return result;
}

}  // namespace

bool is_certified(const Optimum& optimum) {
  if (!std::isfinite(optimum.value) || !(optimum.relative_gradient >= 0)) return false;
  if (!optimum.gap) return optimum.relative_gradient <= kOptimumTolerance;
  return *optimum.gap >= 0 && *optimum.gap <= kOptimumTolerance * std::abs(optimum.value);
}

std::string why_no_optimum(const WorkloadOptions& options) {
  const Convexity& convexity = find_workload(options.workload).convexity;
  if (!convexity.loss) return std::string(convexity.why_not);
  if (options.l2 != 0) return {};
  switch (*convexity.loss) {
    case ConvexLoss::squared:
      return {};
    case ConvexLoss::hinge:
    case ConvexLoss::squared_hinge:
      return options.workload + ": the optimum is computed for λ > 0 only: use `l2` above 0";
    case ConvexLoss::logistic:
    case ConvexLoss::softmax:
      break;
  }
  return options.workload +
         ": where λ = 0, separable data have no finite optimum: use `l2` above 0";
}

Optimum find_optimum(const Problem& problem, const WorkloadOptions& options, const TrainTest& data,
                     const ParallelFor& parallel, const OptimumLimits& limits,
                     std::vector<double>* solution, OptimumPoint* point) {
  if (const auto why = why_no_optimum(options); !why.empty()) throw UsageError(why);
  const Dataset& train = data.train;
  const ConvexLoss loss = *find_workload(options.workload).convexity.loss;
  Budget budget(limits);
  const std::size_t width = loss == ConvexLoss::softmax ? train.classes.size() : 1;
  Design design(train, width, parallel, budget, options.intercept);
  OptimumPoint own;
  OptimumPoint& found = point ? *point : own;
  std::vector<double> w(design.parameters());
  if (found.w.size() == w.size()) w = design.own_order(found.w);
  const auto smooth = [&](std::unique_ptr<RowLoss> row_loss) {
    Objective f(design, *row_loss, problem.l2());
    return smooth_optimum(options, problem.l2(), f, budget, w);
  };
  const auto solve = [&] {
    switch (loss) {
      case ConvexLoss::hinge:
        return hinge_optimum(options, problem.l2(), train, design, budget, w, found.multipliers);
      case ConvexLoss::squared_hinge:
        return smooth(make_squared_hinge(signs(train, train.classes)));
      case ConvexLoss::logistic:
        return smooth(make_logistic(signs(train, train.classes)));
      case ConvexLoss::softmax:
        return smooth(make_softmax(class_numbers(train, train.classes), width));
      case ConvexLoss::squared:
        break;
    }
    return smooth(make_squared(train.targets));
  };
  auto result = solve();
  result.passes = static_cast<std::uint64_t>(std::ceil(budget.passes()));
  result.seconds = budget.seconds();
  found.w = design.model_order(w);
  if (solution) *solution = found.w;
  return result;
}

}  // namespace sgdbench
