// Two reports, side by side: what became worse, what did not, and what can't be told.
//
// The idea: rows are matched by config_id, the repeats of a configuration are two samples (or
// pairs, where they were measured one after the other), and decision.h judges each
// metric. Where the parameters are reproducible, what follows from them alone is compared repeat by
// repeat and exactly: a difference there is never noise, and needs no p-value.
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

#include <optional>
#include <string>
#include <vector>

#include "results/comparison/decision.h"
#include "results/comparison/metrics.h"
#include "results/record.h"

namespace sgdbench {

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
