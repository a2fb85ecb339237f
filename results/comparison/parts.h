// What a comparison is put together from.
#pragma once

#include <string>
#include <vector>

#include "results/comparison/comparison.h"

namespace sgdbench {

using Rows = std::vector<const RunRecord*>;

/// The rows of one configuration in both reports; one side may be empty.
struct Match {
  Rows base, now;
};
/// In the order of BASE, then what NEW alone has.
std::vector<Match> match_configurations(const std::vector<RunRecord>& base,
                                        const std::vector<RunRecord>& now);

/// What is to be said of a configuration's rows that are missing or not ok.
std::vector<ComparisonNote> notes_of(const Match& match);

/// Whether there is anything to measure on both sides.
bool comparable(const Match& match);

/// What differs around a configuration.
struct Surroundings {
  bool machine = false, build = false, data = false, capacity = false;
  /// One report has times to the target between the points of the curve, the other at them.
  bool crossings = false;
};
/// Whether rows of one side say between which points of the curve they reached their target, and
/// those of the other, an older report, only at which.
bool crossings_differ(const Match& match);

/// Adds a line to `lines` for each difference that is not there yet.
Surroundings compare_environment(const Match& match, std::vector<std::string>& lines);

/// The values that the rows have, as value_of() says.
Sample sample(const Rows& rows, const Metric& metric, double confidence);

/// Compares as samples or pairs: everything but the verdict, which is judged with all others. The
/// finding has base, now, metric and both samples.
void compare_samples(Finding& finding, const Match& match, const ComparisonOptions& options);

/// Whether the machine let the program have as much in both reports: by the probe of its parallel
/// capacity that runs beside each row, which no change of the program can make slower. Adds a line
/// if it did not.
bool capacity_differs(const std::vector<RunRecord>& base, const std::vector<RunRecord>& now,
                      const Criteria& criteria, std::vector<std::string>& lines);

/// From the pieces of work that were timed beside each row; nothing where they were not.
Drift drift_between(const Match& match, const Criteria& criteria);

/// Compares repeat by repeat. `rounding` says why bits may differ ("" where they may not). The
/// finding has base, now, metric and both samples.
void compare_exactly(Finding& finding, const Match& match, const Criteria& criteria,
                     const std::string& rounding);

/// What the ln of a factor is multiplied by to be positive where it is worse.
inline double worse_sign(const Metric& metric) {
  return metric.higher_is_better ? -1 : 1;
}

}  // namespace sgdbench
