// Two reports, side by side: what became worse, what did not, and what can't be told.
//
// The idea: rows are matched by what they are configurations of; each metric of each configuration
// is one thing that was measured in every repeat; and all of them are judged together
// (statistics/family.h). A metric has a kind, and each kind its own comparison and threshold: time,
// memory and counts as a factor, quality as a factor or in points, and events (a miss, a
// divergence, a crash) by how often they happen. Where the parameters are reproducible, what
// follows from them alone is compared repeat by repeat and exactly: a difference there is never
// noise, and needs no p-value.
//
// Seeds: repeat r has the same seed in both reports, and epochs to a target differ from seed to
// seed by more than most regressions. So by default time is that of the same work, which no seed
// changes, and how much work a target takes is a metric of its own.
//
// Drift: what the machine did between two reports looks like a change of the program, and no
// repeats within a report show it. Fixed pieces of work are timed beside every run. Where they
// moved, times are judged as they are and again without that, and the weaker verdict counts. What
// no probe sees, only pairs can tell from a change.
//
// Invariants: every configuration of either report is in a finding or in a note; a missed target is
// never left out; nothing is NaN.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/outcome.h"
#include "results/record.h"
#include "results/statistics/family.h"
#include "results/statistics/ranks.h"

namespace sgdbench {

/// How much worse is still fine, by kind of metric; and how often anything at all may be called
/// worse that is not.
struct Criteria {
  double max_regression = 0.05;  ///< of times, as a factor − 1
  double max_loss = 0.05;        ///< of suboptimality, loss, and counts on the way to a target
  double max_points = 0.01;      ///< of accuracy, a difference
  double max_memory = 0.05;
  double alpha = 0.01;
  /// Of the changes that are shown, all together: each end is that of a test, and errs like it.
  double confidence() const { return 1 - 2 * alpha; }
};

enum class Verdict { fine, regression, inconclusive };
std::string_view to_string(Verdict verdict);

struct Metric {
  enum class Kind { time, memory, count, quality, points, event };
  /// Counts of work have no better direction: half of the work is no improvement.
  enum class Better { lower, higher, neither };
  /// What a run without a value says: nothing; that it missed its target, or did not get to the end
  /// of its work (outcome.h); or that it diverged. Left out, the lucky ones alone would be
  /// compared: these are infinite. Or `get` itself says what any run says (told).
  enum class Absence { nothing, missed, unfinished, diverged, told };

  std::string_view name;  ///< of its column
  Kind kind;
  Better better;
  Absence absence;
  /// It is the machine's doing too: noise even where the parameters are reproducible, and not to be
  /// compared across machines and builds.
  bool noisy;
  std::optional<double> (*get)(const RunRecord&);
  /// Between what the value is known to lie; null, or nothing, where it is known by itself.
  std::optional<double> (*low)(const RunRecord&) = nullptr;
  std::optional<double> (*high)(const RunRecord&) = nullptr;
  bool whatever_clock = false;  ///< it is the machine's doing where times are virtual, too
};
std::span<const Metric> metric_table();
/// Null where there is none.
const Metric* metric_called(std::string_view name);

/// The value that a run has in a comparison, from 0 to infinity; nothing where it says nothing.
std::optional<double> value_of(const Metric& metric, const RunRecord& run);

/// Whether the machine had a part in this run's value.
bool is_noisy(const Metric& metric, const RunRecord& run);

/// Whether the run tells its parameters' course alone: the same at every repetition, bit for bit.
bool is_exact(const Metric& metric, const RunRecord& run);

struct ComparisonOptions {
  Criteria criteria;
  std::vector<const Metric*> metrics;  ///< none: those that matter, configuration by configuration
  bool ignore_environment = false;
  bool paired = false;       ///< repeat r of one side was measured next to repeat r of the other
  std::size_t deals = 4000;  ///< of repeats, at most (Dealing::most)
  bool intervals = true;     ///< of changes: as much work as all else
};

/// One report's part of a finding.
struct Sample {
  std::vector<double> values;
  std::optional<double> median;                ///< may be infinite
  std::optional<ConfidenceInterval> interval;  ///< of the median, with kMedianConfidence
};

/// One metric of one configuration.
struct Finding {
  const RunRecord* base = nullptr;  ///< any row of the configuration, for its name
  const RunRecord* now = nullptr;
  const Metric* metric = nullptr;
  bool exact = false;  ///< compared repeat by repeat, without statistics
  Sample before, after;
  /// after / before, from 0 to infinity; of points after − before. Where exact, the repeat that
  /// became worst.
  std::optional<double> change;
  /// The changes that the test would not reject in either direction, as one of all that are judged:
  /// with Criteria::confidence(), all true changes are in theirs. Nothing where it was not judged.
  std::optional<ConfidenceInterval> change_interval;
  std::optional<double> p;  ///< of "no worse than allowed", corrected for all findings
  Verdict verdict = Verdict::inconclusive;
  bool improved = false;
  std::string remark;  ///< "identical", "about 20 repeats a side would decide"
};

/// What is to be said of a configuration beside its metrics: missing, extra, not ok.
struct ComparisonNote {
  const RunRecord* row;
  std::string text;
  Verdict verdict;  ///< fine: only said
};

/// Of the factors of one metric over all configurations that have one; a hypothesis of its own
/// where it is of the times of three configurations or more.
struct MeanRatio {
  const Metric* metric;
  std::optional<double> ratio;
  std::size_t size = 0, left_out = 0;  ///< left out: without a finite factor
  std::optional<double> p;
  Verdict verdict = Verdict::fine;
};

struct Comparison {
  std::vector<Finding> findings;
  std::vector<ComparisonNote> notes;
  std::vector<std::string> environment;  ///< a line per difference
  std::vector<MeanRatio> means;
  /// What was judged together, and how: to ask for chances().
  /// The first as measured; each other one without what the machine did by one kind of work.
  std::vector<std::vector<Measured>> families;
  std::vector<std::size_t> times;  ///< in each of the families
  Dealing dealing;

  double alpha = 0;

  std::size_t count(Verdict verdict) const;
  /// Whether anything could be called a regression or fine: there are repeats enough, or something
  /// was compared exactly.
  bool decides_anything() const;
};

/// The records must outlive the comparison.
Comparison compare(const std::vector<RunRecord>& base, const std::vector<RunRecord>& now,
                   const ComparisonOptions& options);

/// What a comparison could have found.
struct FoundShare {
  double change;  ///< 0.1: one configuration takes 10 % longer
  double share;   ///< of comparisons like this one
};
/// For each of `changes`; nothing where no time was judged. Where the machine moved, of whichever
/// family finds it less often.
std::vector<FoundShare> could_find(const Comparison& comparison, const Criteria& criteria,
                                   std::span<const double> changes);

/// The fewest repeats on each side, or rounds, that can decide anything.
std::size_t least_repeats(double alpha, bool paired);

/// Of 100 comparisons of two reports like this one, those that would find one configuration slower
/// by `change`, as a share; 1 where there is no time to judge.
double gate_share(const std::vector<RunRecord>& rows, double change);
/// What counts as found for certain.
inline constexpr double kGateShare = 0.9;

// The same before anything is measured, of a suite of kSuite configurations whose times scatter by
// `spread`, a relative standard deviation.
inline constexpr std::size_t kSuite = 20;
/// The least slowdown of one of them that is found; nothing where none is.
std::optional<double> found_slowdown(double spread, std::size_t repeats);
/// The fewest repeats a side that find a slowdown; nothing beyond 256.
std::optional<std::size_t> repeats_to_find(double spread, double change);

/// The gate's test of itself, on the reports that it was given: of so many comparisons of their
/// repeats, dealt anew without what differs between the reports, those that call anything slower
/// that may be slower by `criteria`'s threshold. `change` slows one configuration of NEW.
FoundCount test_gate(const Comparison& comparison, const Criteria& criteria, double change,
                     std::size_t trials);

/// How the times of two configurations of one report differ.
struct TimesDiffer {
  std::optional<double> ratio;                    ///< of b's to a's, by pairs or by all of them
  std::optional<ConfidenceInterval> interval;     ///< from a's highs and b's lows on; of all pairs
  double p = 1;                                   ///< of "a is no faster than b", corrected
  double p_other = 1;                             ///< of "b is no faster than a", corrected
  bool a_is_faster = false, b_is_faster = false;  ///< neither: they are tied
};
struct PairOfTimes {
  const Times* a;
  const Times* b;
};
/// All pairs as one family. Repeats of one number share their seed and their minute, so where there
/// are enough of them they are pairs; fewer are dealt between the two.
std::vector<TimesDiffer> differences(std::span<const PairOfTimes> pairs, const Criteria& criteria);

/// Two configurations of one report that differ in one column.
struct PairFinding {
  const RunRecord* a = nullptr;  ///< any row of each; a took less time, if anything
  const RunRecord* b = nullptr;
  TimesDiffer difference;
};
/// All pairs of configurations of one goal that differ in the column of this name and nothing else
/// that was asked for, by their times to the target, else for their work. The records must outlive
/// it. Throws std::length_error where there are more than can be judged in seconds.
std::vector<PairFinding> compare_within(const std::vector<RunRecord>& runs, std::string_view column,
                                        const Criteria& criteria);

}  // namespace sgdbench
