// Two reports, side by side: what became worse, what did not, and what can't be told.
//
// The idea: rows are matched by config_id, the repeats of a configuration are two samples (or
// pairs, where they were measured one after the other), and each metric is judged for itself
// (decide()). Where the parameters are reproducible, what follows from them alone is compared
// repeat by repeat and exactly: a difference there is never noise, and needs no p-value.
//
// A time to the target lies between two points of the curve. The interval of a median has that in
// it. That of a ratio has not: both sides have their points at the same examples and are
// interpolated in the same way, so what the interpolation errs by is the same factor on both sides,
// and leaves the ratio as it is. Ratios of different configurations (the summary's) have it in
// their intervals.
//
// Invariants: every configuration of either report is in a finding or in a note; a missed target is
// infinite and never left out; nothing is NaN.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"
#include "results/statistics/ranks.h"

namespace sgdbench {

// Regression, fine, or not to be said yet.
//
// The idea: alpha and confidence are two different errors, and a regression needs both.
//   (a) p < alpha, p corrected for all that is compared at once: so that a comparison of two equal
//       builds fails at most alpha of the time, however much it compares.
//   (b) the whole interval of the factor lies beyond the threshold 1 + max_regression: so that a
//       change is not only real but too large.
// (a) alone would fail on a change of 0.1 %; (b) alone would need an interval at confidence
// 1 − alpha, and for that more repeats than people have. Fine is what has its whole interval within
// the threshold. Everything else is inconclusive.
//
// Confidence is 85 % by default (92.5 % for the end that counts): of 100,000 simulated pairs of
// samples of 10, 10 % apart with 3 % of noise, this finds 96.4 % beyond 5 %; 80 % would find 97.5
// %, 90 % only 93.7 %.
//
// Where times were not measured in pairs, the machine is part of both: what it may have made slower
// (drift_between()) is taken off before (b), and what it surely made faster is added.
//
// Departure from a test of "the factor is 1.05": (a) tests against no change. At the threshold
// itself (b) errs in at most (1 − confidence)/2.

struct Criteria {
  double max_regression = 0.05;
  double alpha = 0.01;
  double confidence = 0.85;
};

enum class Verdict { fine, regression, inconclusive };
std::string_view to_string(Verdict verdict);

/// What the machine may have done to the times of one configuration from BASE to NEW: natural
/// logarithms of factors, none below 0.
struct Drift {
  double slower = 0;         ///< at most, by the measure that slowed down most
  double faster = 0;         ///< at most, by the one that became fastest
  double surely_faster = 0;  ///< at least, by all of them
  std::string_view what;     ///< that measure, where `slower` is above 0
};

/// What was found of one metric of one configuration. Positive is worse.
struct Evidence {
  Shift worse;              ///< ln of the factor by which it is worse
  double p = 1;             ///< corrected
  std::size_t family = 1;   ///< p-values that it was corrected for
  std::size_t repeats = 0;  ///< on each side
  bool paired = false;
  Drift drift = {};
};

struct Ruling {
  Verdict verdict = Verdict::inconclusive;
  bool improved = false;  ///< fine, and significantly better
  std::string remark;     ///< where inconclusive: what would decide it
};
Ruling decide(const Evidence& evidence, const Criteria& criteria);

struct Metric {
  std::string_view name;  ///< of its column
  bool higher_is_better;
  /// What a run without a value says: nothing; that it missed its target, or did not get to the end
  /// of its work (outcome.h); or that it diverged. Left out, the lucky ones alone would be
  /// compared: all but nothing are infinite.
  enum class Absence { nothing, missed, unfinished, diverged } absence;
  /// It is the machine's doing too: noise even where the parameters are reproducible, and not to be
  /// compared across machines and builds.
  bool timed;
  std::optional<double> (*get)(const RunRecord&);
  /// Between what the value is known to lie; null, or nothing, where it is known by itself.
  std::optional<double> (*low)(const RunRecord&) = nullptr;
  std::optional<double> (*high)(const RunRecord&) = nullptr;
};
std::span<const Metric> metric_table();

/// The value that a run has in a comparison, from 0 to infinity; nothing where it says nothing.
std::optional<double> value_of(const Metric& metric, const RunRecord& run);

/// Whether the run tells its parameters' course alone: the same at every repetition, bit for bit.
bool is_exact(const Metric& metric, const RunRecord& run);

struct ComparisonOptions {
  Criteria criteria;
  std::vector<const Metric*> metrics;  ///< none: those that matter, configuration by configuration
  bool ignore_environment = false;
  bool paired = false;  ///< repeat r of one side was measured next to repeat r of the other
};

/// One report's part of a finding.
struct Sample {
  std::vector<double> values;
  std::optional<double> median;  ///< may be infinite
  std::optional<ConfidenceInterval> interval;
};

/// One metric of one configuration.
struct Finding {
  const RunRecord* base = nullptr;  ///< any row of the configuration, for its name
  const RunRecord* now = nullptr;
  const Metric* metric = nullptr;
  bool exact = false;  ///< compared repeat by repeat, without statistics
  Sample before, after;
  /// after / before, from 0 to infinity. Where exact, the repeat that became worst.
  std::optional<double> ratio;
  std::optional<ConfidenceInterval> ratio_interval;
  std::optional<double> p;  ///< corrected for all findings
  Evidence evidence;
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

/// Of the factors of one metric over all configurations that have one.
struct MeanRatio {
  const Metric* metric;
  std::optional<double> ratio;
  std::size_t size = 0, left_out = 0;  ///< left out: without a finite factor
};

struct Comparison {
  std::vector<Finding> findings;
  std::vector<ComparisonNote> notes;
  std::vector<std::string> environment;  ///< a line per difference
  std::vector<MeanRatio> means;

  std::size_t count(Verdict verdict) const;
};

/// The records must outlive the comparison.
Comparison compare(const std::vector<RunRecord>& base, const std::vector<RunRecord>& now,
                   const ComparisonOptions& options);

}  // namespace sgdbench
