// Is it the same machine, the same build, the same data? Where a report does not say, it is.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "results/comparison/parts.h"
#include "results/fields.h"
#include "results/reports.h"
#include "results/statistics/ranks.h"

namespace sgdbench {
namespace {

struct Circumstance {
  Role role;
  std::string_view kind;
  bool Surroundings::*differs;
};
constexpr auto kCircumstances = std::to_array<Circumstance>({
    {kOfMachine, "machine", &Surroundings::machine},
    {kOfBuild, "build", &Surroundings::build},
    {kOfData, "data", &Surroundings::data},
});

/// What the rows say, each once; unknown (empty, or none of what is counted) is not said.
std::set<std::string> said(const Rows& rows, const RunField& column) {
  std::set<std::string> values;
  for (const auto* row : rows)
    if (const auto value = column.get(*row); value != Value{std::uint64_t{0}})
      values.insert(to_text(value));
  values.erase("");
  return values;
}

/// Per core that was asked for, so that rows of different width can be taken together.
std::vector<double> capacities(const std::vector<RunRecord>& runs) {
  std::vector<double> values;
  for (const auto& run : runs)
    if (run.parallel_capacity && run.workers > 1)
      values.push_back(std::max(0.0, *run.parallel_capacity) / static_cast<double>(run.workers));
  return values;
}

}  // namespace

// Neighbours that come and go between two reports change every time in one direction, and no
// repeats within a report show it: two equal builds would differ, significantly.
bool capacity_differs(const std::vector<RunRecord>& base, const std::vector<RunRecord>& now,
                      const Criteria& criteria, std::vector<std::string>& lines) {
  const auto before = capacities(base), after = capacities(now);
  if (before.empty() || after.empty()) return false;
  const double change = log_ratio(std::log(median(before)), std::log(median(after)));
  if (std::abs(change) <= std::log1p(criteria.max_regression)) return false;
  if (mann_whitney(before, after) >= criteria.alpha) return false;
  lines.push_back(
      fmt::format("different capacity: the machine delivered {:.0f} % of the cores asked for in "
                  "BASE and {:.0f} % in NEW; `paired` compares on a machine that changes",
                  100 * median(before), 100 * median(after)));
  return true;
}

Surroundings compare_environment(const Match& match, std::vector<std::string>& lines) {
  Surroundings found;
  const auto& data = match.base.front()->data;
  for (const auto& circumstance : kCircumstances)
    for (const auto& column : columns_that_are(circumstance.role)) {
      const auto before = said(match.base, column), after = said(match.now, column);
      if (before.empty() || after.empty() || before == after) continue;
      found.*circumstance.differs = true;
      const bool of_data = circumstance.role == kOfData && !data.empty();
      auto line = fmt::format("different {}: {}{} is {} in BASE and {} in NEW", circumstance.kind,
                              column.name, of_data ? fmt::format(" of {}", data) : "",
                              fmt::join(before, " or "), fmt::join(after, " or "));
      if (std::find(lines.begin(), lines.end(), line) == lines.end())
        lines.push_back(std::move(line));
    }
  return found;
}

// How much of a difference in time the machine itself may have made.
//
// Repeats within a report can't tell: what a neighbour does to all of them looks like a slower
// program, and equal builds would differ significantly. So fixed pieces of work are timed beside
// every run (pace_compute_ns, pace_read_ns, line_transfer_ns), and their shift from one report to
// the other is what the machine did. The interval's end is taken, of the measure that changed most:
// a regression has to be larger than what the machine may have done.

namespace {

struct Measure {
  std::optional<double> RunRecord::*value;
  std::string_view what;
};
constexpr auto kMeasures = std::to_array<Measure>({
    {&RunRecord::pace_compute_ns, "arithmetic"},
    {&RunRecord::pace_read_ns, "reading memory"},
    {&RunRecord::line_transfer_ns, "moving cache lines"},
});

std::vector<double> values(const Rows& rows, const Measure& measure) {
  std::vector<double> found;
  for (const auto* row : rows)
    if (const auto value = row->*measure.value; value && *value > 0) found.push_back(*value);
  return found;
}

}  // namespace

Drift drift_between(const Match& match, const Criteria& criteria) {
  Drift drift;
  double least = -HUGE_VAL;  // of how much slower it was at the most, by any measure
  for (const auto& measure : kMeasures) {
    const auto before = values(match.base, measure), after = values(match.now, measure);
    const auto shift = shift_between(before, after, criteria.confidence);
    if (!shift.interval) continue;
    if (shift.interval->high > drift.slower) {
      drift.slower = shift.interval->high;
      drift.what = measure.what;
    }
    drift.faster = std::max(drift.faster, -shift.interval->low);
    least = std::max(least, shift.interval->high);
  }
  if (std::isfinite(least)) drift.surely_faster = std::max(0.0, -least);
  return drift;
}

}  // namespace sgdbench
