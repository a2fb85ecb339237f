// The rows of a sweep, in the order in which they ran, and which runs are done already.
//
// The idea: what is measured is safe before the next run starts. With a journal, a row is on the
// disk as soon as it is added, and a sweep that was cut short goes on from there: its runs are
// found by their run_id, so the order in which they ran does not matter.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "cli/configuration.h"
#include "results/environment.h"
#include "results/journal.h"
#include "results/record.h"

namespace sgdbench {

class RunLog {
 public:
  static constexpr std::uint64_t kMostUnstarted = 10'000;

  /// Keeps rows in memory alone.
  RunLog() = default;

  /// Keeps them in a journal too. One with rows is continued where `resume` says so. Throws
  /// UsageError where it does not; BadJournal for the journal of other configurations, another
  /// build or another processor; BadReport for a row that no run of these configurations made;
  /// WriteError. Rows are to be believed only after check_data().
  RunLog(const std::filesystem::path& journal, std::span<const Configuration> configurations,
         const Environment& environment, bool resume);

  /// Throws WriteError; the row is among rows() all the same.
  void add(RunRecord row);
  /// A planned run that an interruption left no time for: in the reports, and not in the journal,
  /// so that --resume makes it.
  void add_unstarted(RunRecord row);
  /// Whether there is to be such a row; where there are too many already, one more is untold.
  bool wants_unstarted();
  std::uint64_t untold() const { return untold_; }
  const std::vector<RunRecord>& rows() const { return rows_; }
  /// Whether any was added, to those that the journal had.
  bool has_grown() const { return grown_; }

  /// Whether this run has ended, in this invocation or an earlier one; one that was interrupted has
  /// not.
  bool has(const std::string& run_id) const { return done_.contains(run_id); }
  /// Whether all repeats of the configurations have, and their number doesn't depend on what they
  /// find.
  bool has_all(std::span<const Configuration> configurations) const;
  bool has_all(const Configuration& configuration) const { return has_all({&configuration, 1}); }
  /// Whether there is a row of this run, interrupted or not.
  bool has_row(const std::string& run_id) const { return told_.contains(run_id); }
  /// Repeats of the configuration that have not ended.
  std::uint64_t missing(const Configuration& configuration) const;

  /// The `order` of the next row.
  std::uint64_t next_order() const { return next_order_; }

  /// Whether it has rows of these configurations.
  bool has_any(std::span<const Configuration> configurations) const;
  /// Throws BadJournal if a row of these configurations was not made with this data.
  void check_data(std::span<const Configuration> configurations, const TrainTest& data) const;

  bool has_journal() const { return journal_.has_value(); }
  /// The trials of a configuration's search, in place of an earlier one's. In the journal they are
  /// with the next row of the configuration.
  void add(const std::vector<TuningTrial>& trials);
  const std::vector<TuningTrial>& trials() const { return trials_; }

  /// Once the reports say it all.
  void remove_journal();

 private:
  void take(JournalContent content);

  std::vector<RunRecord> rows_;
  std::vector<TuningTrial> trials_;
  std::set<std::string> done_, told_;
  std::uint64_t unstarted_ = 0, untold_ = 0;
  std::set<std::string> unwritten_;  ///< configurations with trials that the journal does not have
  std::uint64_t next_order_ = 0;
  bool grown_ = false;
  std::optional<Journal> journal_;
};

}  // namespace sgdbench
