#include "workloads/optimum/optimum.h"

#include <cmath>
#include <cstdio>

#include "workloads/labels.h"
#include "workloads/names.h"
#include "workloads/optimum/hinge.h"
#include "workloads/optimum/objective.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

using namespace optimum;

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// ‖∇f(0)‖, and f(0).
struct Start {
  double value = 0, gradient = 0;
};
Start start_of(Objective& f) {
  std::vector<double> w(f.size()), g(f.size());
  const double value = f.evaluate(w, g);
  return {value, norm(g)};
}

double relative(double gradient, double first) {
  return first > 0 ? gradient / first : gradient;
}

[[noreturn]] void give_up(const WorkloadOptions& options, const char* what, double reached,
                          const Budget& budget) {
  throw NotConverged("the optimum of " + options.workload + " did not converge to " +
                     number("%.0e", kOptimumTolerance) + ": its " + what + " is " +
                     number("%.1e", reached) + " after " + number("%.0f", budget.passes()) +
                     " passes and " + number("%.0f s", budget.seconds()));
}

/// f once more from a random start: for λ = 0, where nothing bounds f* from below.
std::string check_by_second_start(Objective& f, double value, double first, const Budget& budget) {
  Random random(7);
  std::vector<double> w(f.size());
  for (double& x : w) x = random.normal() / std::sqrt(static_cast<double>(w.size()));
  const auto again = minimise(f, w, kOptimumTolerance * first, budget);
  const double off = std::abs(again.value - value) / std::max(std::abs(value), 1e-300);
  return "from another start " + number("%.17g", again.value) + ", off by " + number("%.1e", off);
}

std::string check_by_dual(Objective& f, const std::vector<double>& w, double value) {
  std::vector<double> g(f.size());
  f.evaluate(w, g);
  const double dual = f.dual(w, g);
  const double off = (value - dual) / std::max(std::abs(value), 1e-300);
  return "dual value " + number("%.17g", dual) + ", off by " + number("%.1e", off);
}

Optimum smooth_optimum(const WorkloadOptions& options, double l2, Objective& f,
                       const Budget& budget, std::vector<double>& w) {
  const auto start = start_of(f);
  const auto found = minimise(f, w, kOptimumTolerance * start.gradient, budget);
  if (!found.converged)
    give_up(options, "relative gradient", relative(found.gradient, start.gradient), budget);
  Optimum result;
  result.value = found.value;
  result.relative_gradient = relative(found.gradient, start.gradient);
  result.solver = "Newton with conjugate gradients";
  result.iterations = found.iterations;
  if (l2 > 0) {
    result.gap = found.gradient * found.gradient / (2 * l2);
    result.cross_check = check_by_dual(f, w, found.value);
  } else {
    result.cross_check = check_by_second_start(f, found.value, start.gradient, budget);
  }
  return result;
}

std::unique_ptr<RowLoss> loss_of(const WorkloadOptions& options, const Dataset& train) {
  if (options.workload == "logreg") return make_logistic(signs(train, train.classes));
  if (options.workload == "softmax")
    return make_softmax(class_numbers(train, train.classes), train.classes.size());
  return make_squared(train.targets);
}

Optimum hinge_optimum(const WorkloadOptions& options, double l2, const Dataset& train,
                      Design& design, const Budget& budget, std::vector<double>& w) {
  const auto found =
      minimise_hinge(design, signs(train, train.classes), l2, kOptimumTolerance, budget, w);
  const double off = found.gap() / std::max(std::abs(found.value), 1e-300);
  if (!(off <= kOptimumTolerance)) give_up(options, "relative duality gap", off, budget);
  Optimum result;
  result.value = found.value;
  result.relative_gradient = relative(found.gradient, found.first_gradient);
  result.gap = std::max(0.0, found.gap());
  result.solver = "method of multipliers with Newton";
  result.cross_check =
      "dual value " + number("%.17g", found.dual) + ", off by " + number("%.1e", off);
  result.iterations = found.iterations;
  return result;
}

Optimum smooth_optimum(const WorkloadOptions& options, double l2, const Dataset& train,
                       Design& design, const Budget& budget, std::vector<double>& w) {
  const auto loss = loss_of(options, train);
  Objective f(design, *loss, l2);
  return smooth_optimum(options, l2, f, budget, w);
}

}  // namespace

bool is_certified(const Optimum& optimum) {
  const bool numbers = std::isfinite(optimum.value) && optimum.relative_gradient >= 0 &&
                       (!optimum.gap || *optimum.gap >= 0);
  return numbers && (optimum.relative_gradient <= kOptimumTolerance ||
                     (optimum.gap && *optimum.gap <= kOptimumTolerance * std::abs(optimum.value)));
}

std::string why_no_optimum(const WorkloadOptions& options) {
  if (options.workload == "mlp")
    return "an mlp is not convex, so its optimum can't be computed: use --target-loss or "
           "--target-accuracy";
  if (options.l2 == 0 && options.workload != "least-squares")
    return options.workload +
           " has no finite optimum for sure where λ = 0: use --l2 above 0, or --target-loss";
  return {};
}

Optimum find_optimum(const Problem& problem, const WorkloadOptions& options, const TrainTest& data,
                     const ParallelFor& parallel, const OptimumLimits& limits,
                     std::vector<double>* solution) {
  if (const auto why = why_no_optimum(options); !why.empty()) throw UsageError(why);
  Budget budget(limits);
  const bool hinge = options.workload == "svm";
  const std::size_t width = options.workload == "softmax" ? data.train.classes.size() : 1;
  Design design(data.train, width, parallel, budget);
  std::vector<double> w(design.parameters());
  auto result = hinge ? hinge_optimum(options, problem.l2(), data.train, design, budget, w)
                      : smooth_optimum(options, problem.l2(), data.train, design, budget, w);
  result.passes = static_cast<std::uint64_t>(std::ceil(budget.passes()));
  result.seconds = budget.seconds();
  if (solution) *solution = design.model_order(w);
  return result;
}

}  // namespace sgdbench
