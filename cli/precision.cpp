#include "cli/precision.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <set>

#include "cli/labels.h"
#include "results/statistics.h"

namespace sgdbench {
namespace {

/// Infinite for a missed target.
double time_of(const RunRecord& row) {
  const auto time = row.target_loss || row.target_accuracy ? row.time_to_target_s : row.wall_s;
  return time.value_or(std::numeric_limits<double>::infinity());
}

std::string note(const RunRecord& row, const Precision& precision, double share) {
  const auto known = precision.half_width ? fmt::format("to ±{:.2g} %", 100 * *precision.half_width)
                                          : std::string("to no interval");
  return fmt::format("{}: its median time is known {} after {} repeats, not to ±{:g} %", label(row),
                     known, precision.repeats, 100 * share);
}

}  // namespace

Precision precision_of(std::span<const RunRecord> rows, std::string_view config_id) {
  std::vector<double> times;
  for (const auto& row : rows)
    if (row.config_id == config_id && row.status == "ok") times.push_back(time_of(row));
  Precision precision{times.size(), {}};
  const auto interval = median_interval(times, kPrecisionConfidence);
  if (!interval) return precision;
  // Where all are equal, they may be 0: a target that the start meets.
  const double width = interval->high - interval->low;
  const double half = width == 0 ? 0 : width / 2 / median(times);
  if (std::isfinite(half)) precision.half_width = half;
  return precision;
}

bool settled(const Precision& precision, double share) {
  if (precision.half_width) return *precision.half_width <= share;
  return precision.repeats >= kHopeless;
}

std::vector<std::string> precision_notes(std::span<const RunRecord> rows, double share) {
  std::vector<std::string> notes;
  std::set<std::string> seen;
  for (const auto& row : rows) {
    if (row.status != "ok" || !seen.insert(row.config_id).second) continue;
    const auto precision = precision_of(rows, row.config_id);
    if (!precision.half_width || *precision.half_width > share)
      notes.push_back(note(row, precision, share));
  }
  return notes;
}

}  // namespace sgdbench
