#include "cli/execute.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "backends/fork_join.h"
#include "cli/cache.h"
#include "cli/configuration.h"
#include "cli/files.h"
#include "cli/follow.h"
#include "cli/terminal.h"
#include "workloads/names.h"
#include "workloads/optimum/optimum.h"

namespace sgdbench {
namespace {

DataFacts facts_of(const TrainTest& data, const Environment& environment) {
  const auto& train = data.train;
  return {.examples = train.rows(),
          .features = train.feature_count(),
          .load_s = train.load_s,
          .checksum = train.checksum,
          .test_checksum = data.test ? std::optional(data.test->checksum) : std::nullopt,
          .environment = &environment};
}

/// Loads data, and keeps the last one for the next configurations on it.
class DataLoader {
 public:
  DataLoader(const ParallelFor& parallel, Progress& progress)
      : parallel_(parallel), progress_(progress) {}

  const TrainTest& load(const DataRequest& request) {
    if (request_ == request) return data_;
    request_.reset();
    data_ = {};  // two are not in memory at once
    progress_.say("loading " + request.source);
    data_ = load_interruptibly(request, parallel_);
    request_ = request;
    return data_;
  }
  /// Null where an interrupt came.
  const TrainTest* load_unless_interrupted(const DataRequest& request) {
    try {
      return &load(request);
    } catch (const Interrupted&) {
      return nullptr;
    }
  }

 private:
  const ParallelFor& parallel_;
  Progress& progress_;
  std::optional<DataRequest> request_;
  TrainTest data_;
};

/// Old rows are of this sweep only if their data is what it was, and that is known before a new one
/// stands beside them. Data without files is what its name says.
void check_old_rows(const std::vector<std::vector<Configuration>>& data_groups, const RunLog& log,
                    DataLoader& loader) {
  for (const auto& same_data : data_groups) {
    const auto& request = same_data.front().data;
    if (log.has_any(same_data) && !files_of(request).empty())
      log.check_data(same_data, loader.load(request));
  }
}

/// Everything that trains on one data set shares these.
struct Session {
  const Environment& environment;
  const ParallelFor& parallel;
  Progress& progress;
  RunLog& log;
  TraceOutput& trace;
  const Execution& execution;
};

/// Trains all configurations of one problem; a row for each of them where it can't be made or has
/// no target.
void train_group(const std::vector<Configuration>& group, const TrainTest& data,
                 const Session& session) {
  auto facts = facts_of(data, session.environment);
  const auto cores = session.environment.cores_available;
  const auto problem = make_problem(group.front().workload, data);
  share_problem(group, data);
  for (const auto& configuration : group) {
    check_target(configuration, *problem);
    check_tuning(configuration, *problem);
  }
  facts.l2 = problem->l2();
  try {
    facts.optimum = optimum_for(group, *problem, data, session.parallel, session.progress,
                                session.execution.use_cache);
  } catch (const NotConverged& error) {
    // A solver that was stopped has not failed: --resume is to come back to these configurations.
    if (interrupted()) return interrupt_group(group, problem.get(), cores, facts, session.log);
    return refuse_group(group, facts, error.what(), session.progress, session.log);
  }
  ProblemGroup(*problem, facts, session.parallel, cores, session.progress, session.log,
               session.trace, session.execution)
      .run(group);
}

std::string why_not(const std::vector<Configuration>& group, const Dataset& train) {
  const auto& workload = group.front().workload.workload;
  return find_by_name(workload_catalog(), "workload", workload).why_not(train);
}

}  // namespace

std::size_t count_steps(const std::vector<Configuration>& configurations, const RunLog& log) {
  std::size_t steps = 0;
  for (const auto& configuration : configurations)
    if (const auto missing = log.missing(configuration)) steps += missing + configuration.warmup;
  return steps;
}

void execute(const std::vector<Configuration>& configurations, const Environment& environment,
             Progress& progress, RunLog& log, TraceOutput& trace, const Execution& execution) {
  const auto parallel = threaded_for(environment.cores_available);
  const Session session{environment, parallel, progress, log, trace, execution};
  const auto data_groups = by_data(configurations);
  DataLoader loader(parallel, progress);
  check_old_rows(data_groups, log, loader);
  for (const auto& same_data : data_groups) {
    if (log.has_all(same_data)) continue;
    const auto cores = environment.cores_available;
    const auto* const loaded =
        interrupted() ? nullptr : loader.load_unless_interrupted(same_data.front().data);
    if (!loaded) {
      interrupt_group(same_data, nullptr, cores, {.environment = &environment}, log);
      continue;
    }
    const TrainTest& data = *loaded;
    tell_notes(data, progress);
    log.check_data(same_data, data);
    const auto groups = by_problem(same_data);
    for (const auto& group : groups) {
      const auto why = why_not(group, data.train);
      // The one problem that was asked for is a mistake; one of several is a row among others.
      if (interrupted())
        interrupt_group(group, nullptr, cores, facts_of(data, environment), log);
      else if (!why.empty() && data_groups.size() + groups.size() > 2)
        refuse_group(group, facts_of(data, environment), why, progress, log);
      else
        train_group(group, data, session);
    }
  }
}

namespace {

/// What learns nothing has no epochs to come to the end of, and no loss.
void check_untrained(const Configuration& configuration) {
  const auto& name = configuration.workload.workload;
  if (configuration.spec.updates == 0)
    throw UsageError(fmt::format("--workload {} needs --updates N: it has no epochs", name));
  if (has_target(configuration))
    throw UsageError(fmt::format("--workload {} has no loss, and so no target", name));
}

void check_configuration(const Configuration& configuration) {
  if (!trains(configuration)) return check_untrained(configuration);
  if (!configuration.targets.empty() && configuration.target_loss)
    throw UsageError("--target and --target-loss both name a loss: choose one");
  const auto why =
      configuration.targets.empty() ? std::string() : why_no_optimum(configuration.workload);
  if (!why.empty())
    throw UsageError(
        fmt::format("--target: {}; --target-loss and --target-accuracy need none", why));
  if (configuration.stop_at_target && !has_target(configuration))
    throw UsageError("--stop-at-target: name a --target, --target-loss or --target-accuracy");
  if (configuration.stop_at_target && !configuration.spec.recording)
    throw UsageError("--stop-at-target needs --recording full: without it there is no curve");
}

}  // namespace

void check_targets(const std::vector<Configuration>& configurations) {
  std::for_each(configurations.begin(), configurations.end(), check_configuration);
}

void check_target(const Configuration& configuration, const Problem& problem) {
  if (configuration.target_accuracy && !(problem.has_test() && problem.classifies()))
    throw UsageError(fmt::format(
        "--target-accuracy: {} on {} has no held-out accuracy; --holdout 0.1 sets rows aside",
        configuration.workload.workload, configuration.data.source));
}

void check_tuning(const Configuration& configuration, const Problem& problem) {
  if (configuration.tuned != 0 && configuration.batch && *configuration.batch > problem.examples())
    throw UsageError(fmt::format(
        "--batch {}: no step can be tuned for it, as {} has {} examples; --batch tuned chooses one",
        *configuration.batch, configuration.data.source, problem.examples()));
}

std::optional<OptimumFacts> optimum_for(const std::vector<Configuration>& configurations,
                                        const Problem& problem, const TrainTest& data,
                                        const ParallelFor& parallel, Progress& progress,
                                        bool use_cache) {
  if (std::all_of(configurations.begin(), configurations.end(),
                  [](const Configuration& configuration) { return configuration.targets.empty(); }))
    return {};
  const Configuration& configuration = configurations.front();
  progress.say(fmt::format("computing the optimum of {} on {}", configuration.workload.workload,
                           configuration.data.source));
  const auto optimum = use_cache ? cached_optimum(problem, configuration.workload, data, parallel)
                                 : found_optimum(problem, configuration.workload, data, parallel);
  AlignedVector<Real> w(problem.parameters());
  problem.initialise(w, configuration.spec.seed);
  return OptimumFacts{optimum.value, evaluate(problem, w, Part::train, parallel).loss, optimum.gap};
}

}  // namespace sgdbench
