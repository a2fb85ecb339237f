// Searching for the best settings of one configuration by training it.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/backend.h"
#include "cli/run_record.h"
#include "cli/setup.h"
#include "cli/terminal.h"
#include "workloads/parallel.h"

namespace sgdbench {

/// The reason in the rows of a search none of whose trials learnt anything; no other row has it.
inline constexpr std::string_view kNothingLearnt =
    "no trial learnt anything within the time of a run: nothing could be tuned";

/// What came of a search.
struct Tuning {
  SearchResult found;
  double seconds = 0;  ///< real time that it took, which is in no other time
  std::vector<TuningTrial> trials;
  std::string status;    ///< diverged or failed, where every trial was in vain; else ""
  std::string why_not;   ///< the reason
  std::string needless;  ///< why there was no search, and the settings are those of `auto`; else ""
};

/// Thread safety: one thread.
class Tuner {
 public:
  /// What is passed by reference must outlive the tuner.
  Tuner(const Problem& problem, const DataFacts& facts, const ParallelFor& parallel,
        std::size_t cores, Progress& progress);

  /// Searches what the configuration asks to be tuned. The objective is the time to the
  /// configuration's target, or the loss at the end of its epochs where it has none. Trials have
  /// seeds of their own, the same for every configuration. Ends early when interrupted(). Where the
  /// start of the first trial meets the target, all settings are as fast, and none is searched for.
  Tuning tune(const Configuration& configuration);

 private:
  /// `usual`: the configuration as it is settled without a search.
  SearchSpace space_of(const Configuration& configuration, const Setup& usual);
  double suggested_step(std::size_t averaged);
  TrialResult attempt(const Configuration& configuration, const SearchSpace& space,
                      const Settings& settings, const Allowance& allowance, Tuning& tuning);
  Backend& backend_for(const Setup& trial, const Settings& settings);
  const PointEvaluation& start_of(std::uint64_t seed);
  PointEvaluation evaluate_at(std::span<const Real> w, bool training, bool held_out) const;

  const Problem& problem_;
  const DataFacts& facts_;
  const ParallelFor& parallel_;
  std::size_t cores_;
  Progress& progress_;
  std::unique_ptr<Backend> backend_;  ///< of the last trial; steps alone need no other
  Settings made_for_;
  std::map<std::uint64_t, PointEvaluation> starts_;  ///< by seed
  std::map<std::size_t, double> steps_;              ///< by the examples that an update averages
};

/// What the trials of one setting come to: those of the last stage that it was in.
struct TriedSetting {
  const TuningTrial* first = nullptr;  ///< of these, which has the setting
  std::size_t trials = 0;              ///< of all stages
  /// diverged if one did; else that of the trial in the middle
  std::string status;
  /// Seconds to the target of the trial in the middle, an epoch taken to last as long as the median
  /// one with this mini-batch; or its loss, where there is no target. Nothing where not finite.
  std::optional<double> score;
};

/// Each setting once, in the order of their first trials. `timed`: the score is a time.
std::vector<TriedSetting> tried_settings(std::span<const TuningTrial> trials, bool timed);

/// For each row (a configuration as its search left it: with the best settings, or the reason why
/// there are none) its trials, a line for each mini-batch and a column for each step, and a
/// sentence on the best. A row `interrupted` has no best.
std::string trials_table(std::span<const RunRecord> rows, std::span<const TuningTrial> trials);

}  // namespace sgdbench
