// The values that the repeats of a configuration have by a metric, what they changed by, and how
// they compare exactly.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "results/comparison/parts.h"
#include "results/statistics/ranks.h"

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

/// Why samples can't be compared; "" where they can.
std::string why_not(const Finding& finding) {
  const auto& a = finding.before.values;
  const auto& b = finding.after.values;
  if (a.empty() || b.empty())
    return fmt::format("no value in {}", a.empty() ? (b.empty() ? "either" : "BASE") : "NEW");
  const auto has_none = [](double value) { return !(value > 0); };
  if (finding.metric->kind != Metric::Kind::points && finding.metric->kind != Metric::Kind::event &&
      (std::any_of(a.begin(), a.end(), has_none) || std::any_of(b.begin(), b.end(), has_none)))
    return "values that are not above 0 have no ratio";
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

std::string estimate_change(Finding& finding, const Match& match,
                            const ComparisonOptions& options) {
  if (options.paired) keep_pairs(finding, match);
  auto why = why_not(finding);
  if (!why.empty() || finding.metric->kind == Metric::Kind::event) return why;
  const bool points = finding.metric->kind == Metric::Kind::points;
  auto a = finding.before.values, b = finding.after.values;
  if (points)  // the factors of these are the differences of those
    for (auto* values : {&a, &b})
      for (double& value : *values) value = std::exp(value);
  const double confidence = options.criteria.confidence();
  const auto shift =
      options.paired ? shift_of_pairs(a, b, confidence) : shift_between(a, b, confidence);
  const auto shown = [points](double x) { return points ? x : std::exp(x); };
  if (shift.centre) finding.change = shown(*shift.centre);
  if (shift.interval)
    finding.change_interval =
        ConfidenceInterval{shown(shift.interval->low), shown(shift.interval->high)};
  if (finding.metric->better == Metric::Better::neither)
    return "no direction is better: compared only where it is exact";
  return "";
}

namespace {

struct Changes {
  std::size_t compared = 0, differing = 0;
  bool negative = false;       ///< a value that differs has no logarithm
  double worst = 0, best = 0;  ///< on the metric's scale, positive is worse
};

Changes changes(const Finding& finding, const Match& match) {
  std::map<std::uint64_t, double> before;
  for (const auto* row : match.base)
    if (const auto value = value_of(*finding.metric, *row)) before[row->repeat] = *value;
  Changes found;
  for (const auto* row : match.now) {
    const auto value = value_of(*finding.metric, *row);
    const auto same = before.find(row->repeat);
    if (!value || same == before.end()) continue;
    ++found.compared;
    if (*value == same->second) continue;
    ++found.differing;
    if (finding.metric->kind == Metric::Kind::points) {
      found.worst = std::max(found.worst, same->second - *value);
      found.best = std::min(found.best, same->second - *value);
      continue;
    }
    found.negative = found.negative || *value < 0 || same->second < 0;
    if (found.negative) continue;
    double worse =
        worse_sign(*finding.metric) * log_ratio(std::log(same->second), std::log(*value));
    if (finding.metric->better == Metric::Better::neither) worse = std::abs(worse);
    found.worst = std::max(found.worst, worse);
    found.best = std::min(found.best, worse);
  }
  return found;
}

}  // namespace

void compare_exactly(Finding& finding, const Match& match, const Criteria& criteria,
                     const std::string& rounding) {
  finding.exact = true;
  const auto found = changes(finding, match);
  if (found.compared == 0) {
    finding.remark = "the reports have no repeat in common";
    return;
  }
  if (found.negative) {
    finding.remark = "changed, and negative values have no ratio";
    return;
  }
  const double shown = found.worst > 0 ? found.worst : found.best;
  finding.change = finding.metric->kind == Metric::Kind::points
                       ? -shown
                       : std::exp(worse_sign(*finding.metric) * shown);
  finding.verdict =
      found.worst > allowed(*finding.metric, criteria) ? Verdict::regression : Verdict::fine;
  finding.improved = found.worst == 0 && found.best < 0;
  if (found.differing == 0) {
    const auto most = std::max(finding.before.values.size(), finding.after.values.size());
    finding.remark = found.compared == most
                         ? "identical"
                         : fmt::format("identical in the {} of {} repeats that both reports have",
                                       found.compared, most);
    return;
  }
  finding.remark = fmt::format("changed in {} of {} repeats", found.differing, found.compared);
  if (!rounding.empty()) finding.remark += fmt::format("; {}", rounding);
}

}  // namespace sgdbench
