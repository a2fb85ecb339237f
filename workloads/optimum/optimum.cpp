#include "workloads/optimum/optimum.h"

#include <cmath>
#include <cstdio>

#include "workloads/labels.h"
#include "workloads/names.h"
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

}  // namespace

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
  const auto loss = loss_of(options, data.train);
  Design design(data.train, loss->width(), parallel, budget);
  Objective f(design, *loss, problem.l2());
  std::vector<double> w(f.size());
  auto result = smooth_optimum(options, problem.l2(), f, budget, w);
  result.passes = static_cast<std::uint64_t>(std::ceil(budget.passes()));
  result.seconds = budget.seconds();
  if (solution) *solution = design.model_order(w);
  return result;
}

}  // namespace sgdbench
