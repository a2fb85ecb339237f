#include "cli/aggregate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "cli/labels.h"
#include "results/speedup.h"
#include "results/statistics.h"
#include "results/statistics/two_samples.h"
#include "results/targets.h"

namespace sgdbench {
namespace {

using Records = std::vector<const RunRecord*>;

// What is not for a strategy to choose. Messages are slow only for those that send any: who sends
// none stands beside them.
constexpr std::array<std::string_view, 14> kOfProblem{
    "clock",         "l2",           "intercept",   "hidden",          "activation",
    "data_checksum", "target",       "target_loss", "target_accuracy", "compute_delay",
    "straggler",     "compute_time", "cluster",     "service"};
constexpr double kNever = std::numeric_limits<double>::infinity();

/// The values that are there; with `missing`, that instead of each that is not.
template <class Get>
std::vector<double> values(const Records& rows, Get get,
                           std::optional<double> missing = std::nullopt) {
  std::vector<double> found;
  for (const auto* row : rows) {
    const std::optional<double> value = get(*row);
    if (value || missing) found.push_back(value ? *value : *missing);
  }
  return found;
}

std::optional<Spread> spread(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const double middle = median(values);
  // With half of them missing, the middle lies between a number and infinity: there is none.
  if (!std::isfinite(middle)) return std::nullopt;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return Spread{middle, *low, *high, values};
}

std::optional<double> middle(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return median(values);
}

std::optional<double> ratio(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b || *b <= 0) return std::nullopt;
  return *a / *b;
}

std::vector<TargetSummary> summarise_targets(const Records& rows) {
  std::vector<TargetSummary> summaries;
  std::vector<std::vector<double>> times;
  for (const auto* row : rows) {
    const auto targets = targets_of(*row);
    summaries.resize(std::max(summaries.size(), targets.size()));
    times.resize(summaries.size());
    for (std::size_t i = 0; i < targets.size(); ++i) {
      summaries[i].target = targets[i].target;
      summaries[i].reached += targets[i].time_s.has_value();
      times[i].push_back(targets[i].time_s.value_or(kNever));
    }
  }
  for (std::size_t i = 0; i < summaries.size(); ++i) summaries[i].time = spread(times[i]);
  return summaries;
}

/// Whether its workers don't wait for each other. In a short run none of them need be seen to be
/// late; only those who wait give the same result every time.
bool runs_free(const RunRecord* row) {
  return row->staleness_max.value_or(0) > 0 || (row->workers > 1 && row->deterministic == false);
}

/// Of the repeat with the middle speedup: medians of three columns would be no product.
void take_speedup(Aggregate& a) {
  Records rows;
  for (const auto* row : a.ok)
    if (row->speedup_to_target) rows.push_back(row);
  if (rows.empty()) return;
  const auto middle = rows.begin() + static_cast<std::ptrdiff_t>((rows.size() - 1) / 2);
  std::nth_element(rows.begin(), middle, rows.end(), [](const RunRecord* x, const RunRecord* y) {
    return *x->speedup_to_target < *y->speedup_to_target;
  });
  a.speedup = (*middle)->speedup_to_target;
  a.hardware = (*middle)->hardware_efficiency;
  a.statistical = (*middle)->statistical_efficiency;
}

void summarise(Aggregate& a) {
  using R = RunRecord;
  a.epoch_s = spread(values(a.ok, [](const R& r) { return ratio(r.wall_s, r.epochs); }));
  a.gradient_s = spread(values(a.ok, [](const R& r) -> std::optional<double> {
    if (!r.wall_s || r.examples_processed.value_or(0) == 0) return {};
    return *r.wall_s / static_cast<double>(*r.examples_processed);
  }));
  a.time_to_target_s = spread(values(
      a.ok, [](const R& r) { return r.time_to_target_s; }, kNever));
  a.targets = summarise_targets(a.ok);
  a.reached = static_cast<std::size_t>(std::count_if(
      a.ok.begin(), a.ok.end(), [](const R* r) { return r->time_to_target_s.has_value(); }));
  // Without the repeats that missed, it would be the lucky ones' speedup.
  if (a.time_to_target_s) take_speedup(a);
  if (const auto epochs = spread(values(
          a.ok, [](const R& r) { return r.epochs_to_target; }, kNever)))
    a.epochs_to_target = epochs->median;
  a.updates_per_s = middle(values(a.ok, [](const R& r) { return r.updates_per_s; }));
  a.loss = middle(values(a.ok, [](const R& r) { return r.loss_final; }));
  a.accuracy = middle(values(a.ok, [](const R& r) { return r.accuracy_final; }));
  a.staleness = middle(values(a.ok, [](const R& r) { return r.staleness_mean; }));
  a.wait_share = middle(values(a.ok, [](const R& r) { return ratio(r.wait_s, r.wall_s); }));
  a.capacity = middle(values(a.ok, [](const R& r) { return r.parallel_capacity; }));
  a.asynchronous = std::any_of(a.ok.begin(), a.ok.end(), runs_free);
}

Aggregate& member_for(std::vector<Aggregate>& members, const RunRecord& row) {
  for (auto& member : members)
    if (member.first->config_id == row.config_id) return member;
  members.emplace_back().first = &row;
  return members.back();
}

AggregateGroup& group_for(std::vector<AggregateGroup>& groups, const RunRecord& row) {
  for (auto& group : groups)
    if (same_goal(*group.members.front().first, row)) return group;
  return groups.emplace_back();
}

/// "mlp on fashion-mnist (hidden=32)" where another group has the same workload and data.
void name_groups(std::vector<AggregateGroup>& groups) {
  std::map<std::string, Records> same;
  for (const auto& group : groups) {
    const auto& any = *group.members.front().first;
    same[problem_label(any)].push_back(&any);
  }
  for (auto& group : groups) {
    const auto& any = *group.members.front().first;
    group.name = problem_label(any);
    const auto& others = same[group.name];
    if (others.size() < 2) continue;
    const auto text = column_text(any, differing_columns(others, kOfProblem));
    if (!text.empty()) group.name += fmt::format(" ({})", text);
  }
}

void sort_members(AggregateGroup& group, const std::vector<std::string>& config_ids) {
  const auto place = [&](const Aggregate& member) {
    return std::find(config_ids.begin(), config_ids.end(), member.first->config_id);
  };
  std::stable_sort(group.members.begin(), group.members.end(),
                   [&](const Aggregate& a, const Aggregate& b) { return place(a) < place(b); });
}

}  // namespace

std::optional<ConfidenceInterval> factor_between(const Spread& a, const Spread& b) {
  constexpr double kConfidence = 0.95;
  const auto shift = shift_between(a.values, b.values, kConfidence);
  if (!shift.interval) return std::nullopt;
  return ConfidenceInterval{std::exp(shift.interval->low), std::exp(shift.interval->high)};
}

bool level(const Spread& a, const Spread& b) {
  if (const auto factor = factor_between(a, b)) return factor->low <= 1 && factor->high >= 1;
  return a.low <= b.high && b.low <= a.high;
}

std::vector<AggregateGroup> aggregate(const std::vector<RunRecord>& rows,
                                      const std::vector<std::string>& config_ids) {
  std::vector<AggregateGroup> groups;
  for (const auto& row : rows) {
    auto& member = member_for(group_for(groups, row).members, row);
    (row.status == "ok" ? member.ok : member.others).push_back(&row);
  }
  for (auto& group : groups) {
    Records firsts;
    for (auto& member : group.members) {
      summarise(member);
      firsts.push_back(member.first);
    }
    group.varying = varying_columns(firsts);
    for (auto& member : group.members) {
      const auto more = column_text(*member.first, group.varying);
      member.name = contender_label(*member.first) + (more.empty() ? "" : ", " + more);
    }
    sort_members(group, config_ids);
  }
  name_groups(groups);
  return groups;
}

}  // namespace sgdbench
