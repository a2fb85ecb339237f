// The repeats of a configuration as two samples, or as pairs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "results/comparison/parts.h"
#include "results/statistics/pairs.h"

namespace sgdbench {
namespace {

/// Leaves the values of those repeats that both have, in one order.
void keep_pairs(Finding& finding, const Match& match) {
  std::map<std::uint64_t, double> before;
  for (const auto* row : match.base)
    if (const auto value = value_of(*finding.metric, *row)) before[row->repeat] = *value;
  finding.before.values.clear();
  finding.after.values.clear();
  for (const auto* row : match.now) {
    const auto value = value_of(*finding.metric, *row);
    const auto same = before.find(row->repeat);
    if (!value || same == before.end()) continue;
    finding.before.values.push_back(same->second);
    finding.after.values.push_back(*value);
  }
}

Shift turned(const Shift& shift, double sign) {
  if (sign > 0) return shift;
  Shift other;
  if (shift.centre) other.centre = -*shift.centre;
  if (shift.interval)
    other.interval = ConfidenceInterval{-shift.interval->high, -shift.interval->low};
  return other;
}

/// Why samples can't be compared; "" where they can.
std::string why_not(const Finding& finding) {
  const auto& a = finding.before.values;
  const auto& b = finding.after.values;
  if (a.empty() || b.empty())
    return fmt::format("no value in {}", a.empty() ? (b.empty() ? "either" : "BASE") : "NEW");
  const auto negative = [](double value) { return value < 0; };
  if (std::any_of(a.begin(), a.end(), negative) || std::any_of(b.begin(), b.end(), negative))
    return "negative values have no ratio";
  const auto infinite = [](double value) { return std::isinf(value); };
  if (std::all_of(a.begin(), a.end(), infinite) && std::all_of(b.begin(), b.end(), infinite))
    return "no repeat of either reached the end";
  return "";
}

}  // namespace

bool crossings_differ(const Match& match) {
  const auto any = [](const Rows& rows, bool bounded) {
    return std::any_of(rows.begin(), rows.end(), [&](const RunRecord* row) {
      return row->time_to_target_s && row->time_to_target_high_s.has_value() == bounded;
    });
  };
  return (any(match.base, true) && any(match.now, false)) ||
         (any(match.base, false) && any(match.now, true));
}

Sample sample(const Rows& rows, const Metric& metric, double confidence) {
  Sample found;
  std::vector<double> lows, highs;
  const auto bound = [](auto* get, const RunRecord& row, double value) {
    return get && std::isfinite(value) ? get(row).value_or(value) : value;
  };
  for (const auto* row : rows) {
    const auto value = value_of(metric, *row);
    if (!value) continue;
    found.values.push_back(*value);
    lows.push_back(bound(metric.low, *row, *value));
    highs.push_back(bound(metric.high, *row, *value));
  }
  if (found.values.empty()) return found;
  found.median = median(found.values);
  found.interval = median_interval(lows, highs, confidence);
  return found;
}

void compare_samples(Finding& finding, const Match& match, const ComparisonOptions& options) {
  if (options.paired) keep_pairs(finding, match);
  finding.remark = why_not(finding);
  if (!finding.remark.empty()) return;
  const auto& a = finding.before.values;
  const auto& b = finding.after.values;
  const double confidence = options.criteria.confidence;
  const auto shift =
      options.paired ? shift_of_pairs(a, b, confidence) : shift_between(a, b, confidence);
  finding.p = options.paired ? signed_rank(a, b) : mann_whitney(a, b);
  if (shift.centre) finding.ratio = std::exp(*shift.centre);
  if (shift.interval)
    finding.ratio_interval =
        ConfidenceInterval{std::exp(shift.interval->low), std::exp(shift.interval->high)};
  finding.evidence = {.worse = turned(shift, worse_sign(*finding.metric)),
                      .p = *finding.p,
                      .family = 1,
                      .repeats = std::min(a.size(), b.size()),
                      .paired = options.paired};
}

}  // namespace sgdbench
