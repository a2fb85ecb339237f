// What a run comes to: the one meaning of "how long it took".
//
// Every table, sentence, speedup, export and gate asks here, so that a miss, a divergence, a
// time-out and a failure are infinite in all of them, and a configuration that does not come
// through wins nothing.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "results/record.h"
#include "results/statistics.h"

namespace sgdbench {

inline constexpr double kNever = std::numeric_limits<double>::infinity();

/// One run. Times are in seconds; what did not happen is kNever.
struct RowOutcome {
  /// False: it was not run to any end (unsupported, interrupted), and is in no sample.
  bool counts = false;
  /// It came through: to its end, or to its target before its time was over.
  bool healthy = false;
  bool reached = false;        ///< its target, and it is healthy
  bool already_there = false;  ///< the start meets the target: nothing was raced for
  bool learnt = true;          ///< false: the loss ended no lower than it began
  double to_target_s = kNever, epochs_to_target = kNever, updates_to_target = kNever;
  /// Between these to_target_s is known to lie; equal to it where the row does not say.
  double to_target_low_s = kNever, to_target_high_s = kNever;
  double wall_s = kNever;  ///< of the whole run, where that was made
  /// Per n example gradients that landed: on the way to the target where that was reached, else
  /// over the whole run. So what a table says of an epoch is what a speedup is made of.
  double epoch_s = kNever;
  double whole_epoch_s = kNever;  ///< the same, always over the whole run
  double gradient_s = kNever;     ///< of the whole run, per example gradient that landed
};
RowOutcome outcome_of(const RunRecord& run);

/// What a run is compared by: the time to its target, or that of all its work where it has none.
double time_of(const RunRecord& run);

/// Times of which each is known to lie between two others. A curve has points, and how far apart
/// they are is part of every interval.
struct Times {
  std::vector<double> values, lows, highs;
  std::vector<std::uint64_t> repeats;  ///< which repeat each is of
  void add(std::uint64_t repeat, double value, double low, double high);
  void add(std::uint64_t repeat, double value) { add(repeat, value, value, value); }
  /// Of their median, from the lows to the highs.
  std::optional<ConfidenceInterval> interval() const;
};

/// One row of a configuration beside another: how many times faster `run` made an epoch than
/// `other`. Both over the way to the target where both reached it, else both over the whole run, so
/// that neither side has a part of the run that the other has not. Nothing where either has no
/// time.
std::optional<double> epoch_speedup(const RunRecord& run, const RunRecord& other);

/// The repeats of one configuration.
struct Standing {
  Times times;  ///< time_of() each that counts, in their order
  std::size_t reached = 0;
  std::size_t already_there = 0;
  std::size_t troubled = 0;  ///< diverged, failed or out of time: infinite in every sample
  std::size_t unlearnt = 0;  ///< came through, and ended with a loss no lower than it began
  /// "4 of 12 repeats diverged: the loss rose from 2.3 to 9"; "" where all came through.
  std::string trouble;
  /// Why it can't be the best of anything, or "": the trouble, or that it learnt nothing.
  std::string why_no_winner() const;

  /// The start meets the target in half of the repeats or more: nothing is raced for.
  bool starts_there() const {
    return already_there > 0 && 2 * already_there >= times.values.size();
  }
  /// Middle of the times; nothing where it is infinite.
  std::optional<double> median_time() const;
  std::optional<ConfidenceInterval> interval() const { return times.interval(); }
  /// Whether it can be the best of anything: all its repeats came through and learnt.
  bool may_win() const { return !times.values.empty() && troubled == 0 && unlearnt == 0; }
};
Standing standing_of(std::span<const RunRecord* const> repeats);

// What several workers gain over one, and where it comes from.
//
//   speedup to target = hardware efficiency × statistical efficiency
//   T₁/T_P            = (T₁/E₁)/(T_P/E_P)   × E₁/E_P
//
// T: time to target, E: epochs to target; so the first factor is the gain in time per epoch, and
// the second what is lost (or gained) in epochs. Repeats that share a seed are compared with each
// other, so that the order of the examples is no part of the difference.

/// Fills in the speedup columns of every row with several workers that came through: against the
/// same configuration with one worker where the report has it, else against the one-worker
/// configuration that is the fastest to the target (without a target, per epoch). What a miss
/// leaves open stays empty.
void add_speedups(std::span<RunRecord> runs);

/// Whether two rows train the same problem to the same target. Times to different targets are not
/// to be compared.
bool same_goal(const RunRecord& a, const RunRecord& b);

}  // namespace sgdbench
