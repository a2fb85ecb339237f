#include "cli/precision.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "cli/labels.h"
#include "results/outcome.h"

namespace sgdbench {
namespace {

std::string note(const RunRecord& row, const Precision& precision, double share) {
  const auto known = precision.half_width ? fmt::format("to ±{:.2g} %", 100 * *precision.half_width)
                                          : std::string("to no interval");
  const auto why = precision.between_points > share
                       ? fmt::format(
                             "; the points of its curve alone leave ±{:.2g} %: more of "
                             "--evaluations tell more",
                             100 * precision.between_points)
                       : "";
  return fmt::format("{}: its median time is known {} after {} repeats, not to ±{:g} %{}",
                     label(row), known, precision.repeats, 100 * share, why);
}

}  // namespace

Precision precision_of(std::span<const RunRecord> rows, std::string_view config_id) {
  std::vector<const RunRecord*> repeats;
  for (const auto& row : rows)
    if (row.config_id == config_id) repeats.push_back(&row);
  const auto standing = standing_of(repeats);
  const auto& times = standing.times;
  Precision precision{times.values.size(), {}};
  const auto interval = standing.interval(kPrecisionConfidence);
  if (!interval) return precision;
  // Where all are equal, they may be 0: a target that the start meets.
  const auto half_of = [middle = median(times.values)](double width) {
    return width == 0 ? 0 : width / 2 / middle;
  };
  const double half = half_of(interval->high - interval->low);
  if (!std::isfinite(half)) return precision;
  precision.half_width = half;
  precision.between_points = half_of(median(times.highs) - median(times.lows));
  return precision;
}

bool settled(const Precision& precision, double share) {
  if (precision.half_width) {
    // What the points leave no repeat takes away; what the repeats leave is to be small all the
    // same.
    const bool hidden = precision.between_points > share &&
                        *precision.half_width - precision.between_points <= share;
    return *precision.half_width <= share || hidden;
  }
  return precision.repeats >= kHopeless;
}

std::vector<std::string> precision_notes(std::span<const RunRecord> rows,
                                         const std::map<std::string, double>& shares) {
  std::vector<std::string> notes;
  std::set<std::string> seen;
  for (const auto& row : rows) {
    const auto asked = shares.find(row.config_id);
    if (asked == shares.end() || !outcome_of(row).counts || !seen.insert(row.config_id).second)
      continue;
    const double share = asked->second;
    const auto precision = precision_of(rows, row.config_id);
    if (!precision.half_width || *precision.half_width > share)
      notes.push_back(note(row, precision, share));
  }
  return notes;
}

}  // namespace sgdbench
