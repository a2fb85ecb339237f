// What a comparison is put together from.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "results/comparison/comparison.h"

namespace sgdbench {

using Rows = std::vector<const RunRecord*>;

/// The rows of one configuration in both reports; one side may be empty.
struct Match {
  Rows base, now;
};
/// In the order of BASE, then what NEW alone has. Configurations that no identifier matches are
/// matched by their settings and their data's checksum; `lines` gets what is named differently.
std::vector<Match> match_configurations(const std::vector<RunRecord>& base,
                                        const std::vector<RunRecord>& now,
                                        std::vector<std::string>& lines);

/// What is to be said of a configuration's rows that are missing or not ok.
std::vector<ComparisonNote> notes_of(const Match& match);

/// Whether there is anything to measure on both sides.
bool comparable(const Match& match);

/// What differs around a configuration.
struct Surroundings {
  bool machine = false, build = false, data = false;
  /// One report has times to the target between the points of the curve, the other at them.
  bool crossings = false;
};
/// Whether rows of one side say between which points of the curve they reached their target, and
/// those of the other, an older report, only at which.
bool crossings_differ(const Match& match);

/// Adds a line to `lines` for each difference that is not there yet.
Surroundings compare_environment(const Match& match, std::vector<std::string>& lines);

/// Which repeats the reports have: rows of equal number are one slot of a dealing.
class Repeats {
 public:
  /// Paired, both reports have the rounds of both.
  Repeats(const std::vector<RunRecord>& base, const std::vector<RunRecord>& now, bool paired);
  std::size_t before() const { return sides_[0].size(); }
  std::size_t after() const { return sides_[1].size(); }
  /// The values of a configuration's rows by slot, kNoValue where there is none.
  template <class ValueOf>
  std::vector<double> values(bool of_now, const Rows& rows, ValueOf value_of_row) const {
    std::vector<double> found(sides_[of_now].size(), kNoValue);
    std::map<std::uint64_t, std::size_t> seen;
    for (const auto* row : rows)
      found[sides_[of_now].at({row->repeat, seen[row->repeat]++})] = value_of_row(*row);
    return found;
  }

 private:
  /// Reports may be joined: the second row of a configuration's repeat is another slot.
  std::map<std::pair<std::uint64_t, std::size_t>, std::size_t> sides_[2];
};

/// The values that the rows have, as value_of() says.
Sample sample(const Rows& rows, const Metric& metric);

/// How a metric's values are held against each other: logarithms, or points; larger is worse. A
/// value that has none (0 has no logarithm) is kNoValue.
double on_scale(const Metric& metric, double value);
/// What NEW may be above BASE on that scale.
double allowed(const Metric& metric, const Criteria& criteria);

/// The change. The finding has base, now, metric and both samples; returns why there is nothing to
/// judge, or "".
std::string estimate_change(Finding& finding, const Match& match, const ComparisonOptions& options);

/// Compares repeat by repeat. `rounding` says why bits may differ ("" where they may not). The
/// finding has base, now, metric and both samples.
void compare_exactly(Finding& finding, const Match& match, const Criteria& criteria,
                     const std::string& rounding);

/// What the machine did to runs of so many workers between the reports, by one kind of work.
struct Drift {
  std::size_t workers = 0;
  std::string_view what;              ///< "arithmetic"
  std::vector<double> before, after;  ///< logarithms of its time, by slot
  bool slower = false, faster = false;
  bool unread = false;  ///< it could not be read beside too many of NEW's runs
};
/// Where a piece of work moved; adds a line for each.
std::vector<Drift> drifts(const std::vector<Match>& matches, const Repeats& repeats,
                          const ComparisonOptions& options, std::vector<std::string>& lines);

/// Leaves of times (logarithms) what they would have been without it.
void take_off(Measured& measured, const Drift& drift);

/// What repeats are called, in numbers of them.
inline const char* unit_of(const ComparisonOptions& options) {
  return options.paired ? "rounds" : "repeats a side";
}
/// How many repeats would decide about a finding, in words.
std::string what_would_decide(const Finding& finding, const ComparisonOptions& options);

/// Judges together all findings that have a match; the means, too.
void judge(Comparison& comparison, const std::vector<const Match*>& match_of_finding,
           const Repeats& repeats, const std::vector<Drift>& drifts,
           const ComparisonOptions& options);

/// What the logarithm of a factor is multiplied by to be positive where it is worse.
inline double worse_sign(const Metric& metric) {
  return metric.better == Metric::Better::higher ? -1 : 1;
}

}  // namespace sgdbench
