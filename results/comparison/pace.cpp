// How much of a difference in time the machine itself may have made.
//
// Repeats within a report can't tell: what a neighbour does to all of them looks like a slower
// program, and equal builds would differ significantly. So fixed pieces of work are timed beside
// every run (pace_compute_ns, pace_read_ns, line_transfer_ns), and their shift from one report to
// the other is what the machine did. The interval's end is taken, of the measure that changed most:
// a regression has to be larger than what the machine may have done.
#include <algorithm>
#include <array>
#include <cmath>

#include "results/comparison/parts.h"

namespace sgdbench {
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
