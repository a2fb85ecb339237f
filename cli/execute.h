// Running the configurations of a sweep.
//
// The idea: data is loaded when its configurations are due and freed when they are done. Within one
// problem the repeats are interleaved over the configurations, so that a machine that grows slower
// during the sweep is unfair to none of them.
#pragma once

#include <optional>
#include <vector>

#include "cli/configuration.h"
#include "cli/outputs.h"
#include "cli/run_log.h"
#include "cli/run_record.h"
#include "cli/terminal.h"
#include "results/environment.h"

namespace sgdbench {

/// What is done with configurations beside measuring them.
struct Execution {
  bool use_cache = true;  ///< of optima, and of the settings that searches found
  /// Nothing is measured: each configuration has one row, with the settings that a search found, or
  /// the reason why it found none. Its settings are searched for anew.
  bool search_alone = false;
};

/// Adds a row per repeat of every configuration to `log`, in the order in which they ran, except
/// for those that it has. Returns when all are done, or early when interrupted(): then those that
/// were not started have a row `interrupted` too. Throws UsageError, BadData, MissingData,
/// BadJournal or WriteError; `log` then has what was finished, and `trace` of what of it the
/// timelines.
void execute(const std::vector<Configuration>& configurations, const Environment& environment,
             Progress& progress, RunLog& log, TraceOutput& trace, const Execution& execution);

/// Runs that execute() will make at most, warm-ups included.
std::size_t count_steps(const std::vector<Configuration>& configurations, const RunLog& log);

// What a sweep is asked to reach: checked before anything is trained, and turned into losses.

/// Throws UsageError for targets that can be seen to make no sense: an optimum of a workload that
/// has none, two targets for the loss, a pause without a target.
void check_targets(const std::vector<Configuration>& configurations);

/// The same for what needs the data: held-out accuracy where nothing is held out.
void check_target(const Configuration& configuration, const Problem& problem);

/// Throws UsageError where the search for settings would have nothing to choose from: a mini-batch
/// of more examples than there are.
void check_tuning(const Configuration& configuration, const Problem& problem);

/// The optimum of the problem that these configurations share, where one of their targets needs it.
/// Throws NotConverged.
std::optional<OptimumFacts> optimum_for(const std::vector<Configuration>& configurations,
                                        const Problem& problem, const TrainTest& data,
                                        const ParallelFor& parallel, Progress& progress,
                                        bool use_cache);

}  // namespace sgdbench
