#include "cli/targets.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/optimum_cache.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

/// What learns nothing has no epochs to come to the end of, and no loss.
void check_untrained(const Cell& cell) {
  const auto& name = cell.workload.workload;
  if (cell.spec.updates == 0)
    throw UsageError(fmt::format("--workload {} needs --updates N: it has no epochs", name));
  if (has_target(cell))
    throw UsageError(fmt::format("--workload {} has no loss, and so no target", name));
}

void check_cell(const Cell& cell) {
  if (!trains(cell)) return check_untrained(cell);
  if (!cell.targets.empty() && cell.target_loss)
    throw UsageError("--target and --target-loss both name a loss: choose one");
  const auto why = cell.targets.empty() ? std::string() : why_no_optimum(cell.workload);
  if (!why.empty())
    throw UsageError(
        fmt::format("--target: {}; --target-loss and --target-accuracy need none", why));
  if (cell.stop_at_target && !has_target(cell))
    throw UsageError("--stop-at-target: name a --target, --target-loss or --target-accuracy");
  if (cell.stop_at_target && !cell.spec.recording)
    throw UsageError("--stop-at-target needs --recording full: without it there is no curve");
}

}  // namespace

void check_targets(const std::vector<Cell>& cells) {
  std::for_each(cells.begin(), cells.end(), check_cell);
}

void check_target(const Cell& cell, const Problem& problem) {
  if (cell.target_accuracy && !(problem.has_test() && problem.classifies()))
    throw UsageError(fmt::format(
        "--target-accuracy: {} on {} has no held-out accuracy; --holdout 0.1 sets rows aside",
        cell.workload.workload, cell.data.source));
}

void check_tuning(const Cell& cell, const Problem& problem) {
  if (cell.tuned != 0 && cell.batch && *cell.batch > problem.examples())
    throw UsageError(fmt::format(
        "--batch {}: no step can be tuned for it, as {} has {} examples; --batch tuned chooses one",
        *cell.batch, cell.data.source, problem.examples()));
}

std::optional<OptimumFacts> optimum_for(const std::vector<Cell>& cells, const Problem& problem,
                                        const TrainTest& data, const ParallelFor& parallel,
                                        Progress& progress, bool use_cache) {
  if (std::all_of(cells.begin(), cells.end(),
                  [](const Cell& cell) { return cell.targets.empty(); }))
    return {};
  const Cell& cell = cells.front();
  progress.say(
      fmt::format("computing the optimum of {} on {}", cell.workload.workload, cell.data.source));
  const auto optimum = use_cache ? cached_optimum(problem, cell.workload, data, parallel)
                                 : found_optimum(problem, cell.workload, data, parallel);
  AlignedVector<Real> w(problem.parameters());
  problem.initialise(w, cell.spec.seed);
  return OptimumFacts{optimum.value, evaluate(problem, w, Part::train, parallel).loss, optimum.gap};
}

}  // namespace sgdbench
