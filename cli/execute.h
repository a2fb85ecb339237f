// Running the configurations of a sweep.
//
// The idea: data is loaded when its configurations are due and freed when they are done. Within one
// problem the repeats are interleaved over the configurations, so that a machine that grows slower
// during the sweep is unfair to none of them.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "cli/configuration.h"
#include "cli/outputs.h"
#include "cli/run_log.h"
#include "cli/run_record.h"
#include "cli/setup.h"
#include "cli/terminal.h"
#include "cli/tuning/tuner.h"
#include "results/environment.h"
#include "workloads/parallel.h"

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

/// A configuration with the backend that serves all its repeats, or the reason why there is none.
struct Prepared {
  Setup setup;
  std::unique_ptr<Backend> backend;
  std::string status;  ///< "" while it can run, else unsupported or failed
  std::string reason;  ///< of the status; or why no search was made for what was to be tuned
  std::optional<Timeline> timeline = std::nullopt;  ///< of the last run, where it is to be written
  bool traced = false;                              ///< its timeline has been written
};

/// All configurations that train the same problem, measured together.
class ProblemGroup {
 public:
  /// What is passed by reference must outlive the group. Rows are added to `log`; runs that it has
  /// are not made again.
  ProblemGroup(const Problem& problem, const DataFacts& facts, const ParallelFor& parallel,
               std::size_t cores, Progress& progress, RunLog& log, TraceOutput& trace,
               const Execution& execution);

  /// Each configuration is checked, warmed up, and then all are repeated in turn, every turn in an
  /// order of its own. Ends early when interrupted(), with a row `interrupted` for each run that
  /// was planned. Where a search is all that is wanted, each has a row with what was found, and
  /// that is all.
  void run(const std::vector<Configuration>& configurations);

 private:
  /// What was evaluated in pauses, by point of the curve.
  using Seen = std::map<std::size_t, PointEvaluation>;

  void prepare(Prepared& prepared);
  void start(Prepared& prepared);
  bool verify(Prepared& prepared);
  bool tune(Prepared& prepared);
  std::optional<Tuned> tuned_for(Prepared& prepared);
  void add_search(const Prepared& prepared);
  void warm_up(Prepared& prepared);
  void repeat_all(std::uint64_t repeat);
  RunRecord measure(Prepared& prepared, std::uint64_t repeat);
  void run_timed(Prepared& prepared, RunSpec spec, RunRecord& row);
  void write_timeline(Prepared& prepared);
  RunOutcome train(Prepared& prepared, const RunSpec& spec, RunRecord& row, Seen& seen);
  PointEvaluation evaluate_point(const Snapshot& snapshot) const;
  std::vector<PointEvaluation> evaluate_curve(const RunOutcome& outcome, const Seen& seen) const;
  bool wants_more(std::uint64_t repeat) const;

  const Problem& problem_;
  const DataFacts& facts_;
  const ParallelFor& parallel_;
  std::size_t cores_;
  Progress& progress_;
  RunLog& log_;
  TraceOutput& trace_;
  const Execution& execution_;
  Tuner tuner_;
  std::vector<Prepared> prepared_;
  std::chrono::steady_clock::time_point repeats_began_;
};

/// A row per repeat for configurations whose problem can't be: status `unsupported`.
void refuse_group(const std::vector<Configuration>& configurations, const DataFacts& facts,
                  std::string_view reason, Progress& progress, RunLog& log);

/// After an interruption: a row `interrupted` for each planned run of the configurations. What
/// depends on a problem that is not known (null) stays open in it.
void interrupt_group(const std::vector<Configuration>& configurations, const Problem* problem,
                     std::size_t cores, const DataFacts& facts, RunLog& log);

}  // namespace sgdbench
