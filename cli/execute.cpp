#include "cli/execute.h"

#include <fmt/format.h>

#include "backends/parallel_for.h"
#include "cli/grouping.h"
#include "cli/interrupt.h"
#include "cli/problem_group.h"
#include "cli/sources.h"
#include "cli/targets.h"
#include "workloads/data/error.h"
#include "workloads/names.h"
#include "workloads/optimum/optimum.h"

namespace sgdbench {
namespace {

DataFacts facts_of(const Dataset& train, const Environment& environment) {
  return {.examples = train.rows(),
          .features = train.feature_count(),
          .load_s = train.load_s,
          .checksum = train.checksum,
          .environment = &environment};
}

/// Everything that trains on one data set shares these.
struct Session {
  const Environment& environment;
  const ParallelFor& parallel;
  Progress& progress;
  RunLog& log;
  TraceOutput& trace;
};

/// Trains all cells of one problem; a row for each of them where it can't be made or has no target.
void train_group(const std::vector<Cell>& group, const TrainTest& data, const Session& session) {
  auto facts = facts_of(data.train, session.environment);
  const auto problem = make_problem(group.front().workload, data);
  for (const auto& cell : group) check_target(cell, *problem);
  facts.l2 = problem->l2();
  try {
    facts.optimum = optimum_for(group, *problem, data, session.parallel, session.progress);
  } catch (const NotConverged& error) {
    // A solver that was stopped has not failed: --resume is to come back to these cells.
    if (interrupted()) return interrupt_group(group, facts, session.log);
    return refuse_group(group, facts, error.what(), session.progress, session.log);
  }
  ProblemGroup(*problem, facts, session.parallel, session.environment.cores_available,
               session.progress, session.log, session.trace)
      .run(group);
}

std::string why_not(const std::vector<Cell>& group, const Dataset& train) {
  const auto& workload = group.front().workload.workload;
  return find_by_name(workload_catalog(), "workload", workload).why_not(train);
}

/// Nothing where an interrupt came.
std::optional<TrainTest> load_unless_interrupted(const DataRequest& request,
                                                 const ParallelFor& parallel) {
  try {
    return load_interruptibly(request, parallel);
  } catch (const Interrupted&) {
    return std::nullopt;
  }
}

}  // namespace

std::size_t count_steps(const std::vector<Cell>& cells, const RunLog& log) {
  std::size_t steps = 0;
  for (const auto& cell : cells)
    if (const auto missing = log.missing(cell)) steps += missing + cell.warmup;
  return steps;
}

void execute(const std::vector<Cell>& cells, const Environment& environment, Progress& progress,
             RunLog& log, TraceOutput& trace) {
  const auto parallel = threaded_for(environment.cores_available);
  const Session session{environment, parallel, progress, log, trace};
  const auto data_groups = by_data(cells);
  for (const auto& same_data : data_groups) {
    if (log.has_all(same_data)) continue;
    progress.say("loading " + same_data.front().data.source);
    const auto loaded = load_unless_interrupted(same_data.front().data, parallel);
    if (!loaded) return interrupt_group(same_data, {.environment = &environment}, log);
    const TrainTest& data = *loaded;
    log.check_data(same_data, data.train.checksum);
    const auto groups = by_problem(same_data);
    for (const auto& group : groups) {
      const auto why = why_not(group, data.train);
      // The one problem that was asked for is a mistake; one of several is a row among others.
      if (!why.empty() && data_groups.size() + groups.size() > 2)
        refuse_group(group, facts_of(data.train, environment), why, progress, log);
      else
        train_group(group, data, session);
      if (interrupted()) return;
    }
  }
}

}  // namespace sgdbench
