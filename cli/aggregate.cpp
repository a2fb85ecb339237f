#include "cli/aggregate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cli/labels.h"
#include "results/statistics.h"

namespace sgdbench {
namespace {

using Records = std::vector<const RunRecord*>;

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
  return Spread{middle, *low, *high};
}

std::optional<double> middle(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return median(values);
}

std::optional<double> ratio(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b || *b <= 0) return std::nullopt;
  return *a / *b;
}

void summarise(Aggregate& a) {
  using R = RunRecord;
  constexpr double never = std::numeric_limits<double>::infinity();
  a.epoch_s = spread(values(a.ok, [](const R& r) { return ratio(r.wall_s, r.epochs); }));
  a.time_to_target_s = spread(values(
      a.ok, [](const R& r) { return r.time_to_target_s; }, never));
  a.epochs_to_target = middle(values(a.ok, [](const R& r) { return r.epochs_to_target; }));
  a.updates_per_s = middle(values(a.ok, [](const R& r) { return r.updates_per_s; }));
  a.loss = middle(values(a.ok, [](const R& r) { return r.loss_final; }));
  a.accuracy = middle(values(a.ok, [](const R& r) { return r.accuracy_final; }));
  a.staleness = middle(values(a.ok, [](const R& r) { return r.staleness_mean; }));
  a.wait_share = middle(values(a.ok, [](const R& r) { return ratio(r.wait_s, r.wall_s); }));
  a.capacity = middle(values(a.ok, [](const R& r) { return r.parallel_capacity; }));
  a.asynchronous = std::any_of(a.ok.begin(), a.ok.end(),
                               [](const R* r) { return r->staleness_max.value_or(0) > 0; });
}

Aggregate& member_for(std::vector<Aggregate>& members, const RunRecord& row) {
  for (auto& member : members)
    if (member.first->config_id == row.config_id) return member;
  members.emplace_back().first = &row;
  return members.back();
}

AggregateGroup& group_for(std::vector<AggregateGroup>& groups, const RunRecord& row) {
  for (auto& group : groups)
    if (problem_label(*group.members.front().first) == problem_label(row)) return group;
  return groups.emplace_back();
}

void sort_members(AggregateGroup& group, const std::vector<std::string>& config_ids) {
  const auto place = [&](const Aggregate& member) {
    return std::find(config_ids.begin(), config_ids.end(), member.first->config_id);
  };
  std::stable_sort(group.members.begin(), group.members.end(),
                   [&](const Aggregate& a, const Aggregate& b) { return place(a) < place(b); });
}

}  // namespace

bool overlap(const Spread& a, const Spread& b) {
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
  return groups;
}

}  // namespace sgdbench
