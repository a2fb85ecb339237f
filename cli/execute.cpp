#include "cli/execute.h"

#include <fmt/format.h>

#include "backends/parallel_for.h"
#include "cli/grouping.h"
#include "cli/interrupt.h"
#include "cli/problem_group.h"
#include "cli/targets.h"
#include "workloads/names.h"
#include "workloads/optimum/optimum.h"

namespace sgdbench {
namespace {

DataFacts facts_of(const Dataset& train, const Environment& environment) {
  return {.examples = train.rows(),
          .features = train.columns(),
          .load_s = train.load_s,
          .checksum = train.checksum,
          .environment = &environment};
}

}  // namespace

std::size_t count_steps(const std::vector<Cell>& cells, const RunLog& log) {
  std::size_t steps = 0;
  for (const auto& cell : cells)
    if (const auto missing = log.missing(cell)) steps += missing + cell.warmup;
  return steps;
}

void execute(const std::vector<Cell>& cells, const Environment& environment, Progress& progress,
             RunLog& log) {
  const auto cores = environment.cores_available;
  const auto parallel = threaded_for(cores);
  const auto data_groups = by_data(cells);
  for (const auto& same_data : data_groups) {
    if (log.has_all(same_data)) continue;
    progress.say("loading " + same_data.front().data.source);
    const TrainTest data = load_data(same_data.front().data, parallel);
    log.check_data(same_data, data.train.checksum);
    const auto groups = by_problem(same_data);
    for (const auto& group : groups) {
      auto facts = facts_of(data.train, environment);
      const auto& options = group.front().workload;
      const auto why =
          find_by_name(workload_catalog(), "workload", options.workload).why_not(data.train);
      // The one problem that was asked for is a mistake; one of several is a row among others.
      if (!why.empty() && data_groups.size() + groups.size() > 2) {
        refuse_group(group, facts, why, progress, log);
        continue;
      }
      const auto problem = make_problem(options, data);
      check_target(group.front(), *problem);
      facts.l2 = problem->l2();
      try {
        facts.optimum = optimum_for(group, *problem, data, parallel, progress);
      } catch (const NotConverged& error) {
        refuse_group(group, facts, error.what(), progress, log);
        if (interrupted()) return;
        continue;
      }
      ProblemGroup(*problem, facts, parallel, cores, progress, log).run(group);
      if (interrupted()) return;
    }
  }
}

}  // namespace sgdbench
