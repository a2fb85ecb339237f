// The values that the repeats of a configuration have by each metric, and how two of them compare:
// as samples, as pairs, or exactly.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "results/comparison/comparison.h"
#include "results/comparison/parts.h"
#include "results/outcome.h"
#include "results/statistics/ranks.h"

namespace sgdbench {
namespace {

using R = RunRecord;
using enum Metric::Absence;

template <auto Member>
std::optional<double> get(const R& run) {
  if (!(run.*Member)) return std::nullopt;
  return static_cast<double>(*(run.*Member));
}

constexpr bool kLower = false, kHigher = true, kTimed = true, kUntimed = false;

constexpr auto kMetrics = std::to_array<Metric>({
    {"time_to_target_s", kLower, missed, kTimed, get<&R::time_to_target_s>,
     get<&R::time_to_target_low_s>, get<&R::time_to_target_high_s>},
    {"wall_s", kLower, unfinished, kTimed, get<&R::wall_s>},
    {"epochs_to_target", kLower, missed, kUntimed, get<&R::epochs_to_target>},
    {"updates_to_target", kLower, missed, kUntimed, get<&R::updates_to_target>},
    {"examples_per_s", kHigher, nothing, kTimed, get<&R::examples_per_s>},
    {"updates_per_s", kHigher, nothing, kTimed, get<&R::updates_per_s>},
    {"loss_final", kLower, diverged, kUntimed, get<&R::loss_final>},
    {"loss_test", kLower, diverged, kUntimed, get<&R::loss_test>},
    {"accuracy_final", kHigher, nothing, kUntimed, get<&R::accuracy_final>},
    {"updates", kLower, nothing, kUntimed, get<&R::updates>},
    {"gradient_evaluations", kLower, nothing, kUntimed, get<&R::gradient_evaluations>},
    {"staleness_mean", kLower, nothing, kTimed, get<&R::staleness_mean>},
    {"staleness_p95", kLower, nothing, kTimed, get<&R::staleness_p95>},
    {"staleness_max", kLower, nothing, kTimed, get<&R::staleness_max>},
    {"compute_s", kLower, nothing, kTimed, get<&R::compute_s>},
    {"wait_s", kLower, nothing, kTimed, get<&R::wait_s>},
    {"communicate_s", kLower, nothing, kTimed, get<&R::communicate_s>},
    {"queue_s", kLower, nothing, kTimed, get<&R::queue_s>},
    {"observe_s", kLower, nothing, kTimed, get<&R::observe_s>},
    {"load_s", kLower, nothing, kTimed, get<&R::load_s>},
    {"peak_rss_bytes", kLower, nothing, kTimed, get<&R::peak_rss_bytes>},
});

}  // namespace

std::span<const Metric> metric_table() {
  return kMetrics;
}

std::optional<double> value_of(const Metric& metric, const RunRecord& run) {
  const auto outcome = outcome_of(run);
  const auto value = metric.get(run);
  if (!outcome.counts) return std::nullopt;
  switch (metric.absence) {
    case missed:
      if (!names_target(run)) return outcome.healthy ? value : std::nullopt;
      return outcome.reached ? value : std::optional(kNever);
    case unfinished:
      return value || run.status == "timeout" ? std::optional(outcome.wall_s) : std::nullopt;
    case Metric::Absence::diverged:
      if (run.status == "diverged") return kNever;
      break;
    case nothing:
      break;
  }
  return run.status == "ok" ? value : std::nullopt;
}

bool is_exact(const Metric& metric, const RunRecord& run) {
  // Settings that were searched for by real times may be others each time.
  const bool found_by_clock = !run.tuned.empty() && run.clock != "virtual";
  return run.deterministic && !found_by_clock && (!metric.timed || run.clock == "virtual");
}

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

namespace {

struct Changes {
  std::size_t compared = 0, differing = 0;
  bool negative = false;       ///< a value that differs has no logarithm
  double worst = 0, best = 0;  ///< ln of the factor, positive is worse
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
    found.negative = found.negative || *value < 0 || same->second < 0;
    if (found.negative) continue;
    const double worse =
        worse_sign(*finding.metric) * log_ratio(std::log(same->second), std::log(*value));
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
  finding.ratio = std::exp(worse_sign(*finding.metric) * shown);
  finding.verdict =
      found.worst > std::log1p(criteria.max_regression) ? Verdict::regression : Verdict::fine;
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
