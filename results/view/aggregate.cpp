#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "results/labels.h"
#include "results/outcome.h"
#include "results/statistics.h"
#include "results/targets.h"
#include "results/view/summary.h"

namespace sgdbench {
namespace {

using Records = std::vector<const RunRecord*>;

/// The values of the repeats that came through; of each other one, `otherwise`, if there is one.
template <class Get>
std::vector<double> values(const Records& rows, Get get,
                           std::optional<double> otherwise = std::nullopt) {
  std::vector<double> found;
  for (const auto* row : rows) {
    const std::optional<double> value = outcome_of(*row).healthy ? get(*row) : otherwise;
    if (value) found.push_back(*value);
  }
  return found;
}

std::optional<Spread> spread(const Times& times) {
  if (times.values.empty()) return std::nullopt;
  const double middle = median(times.values);
  if (!std::isfinite(middle)) return std::nullopt;
  return Spread{middle, *std::min_element(times.lows.begin(), times.lows.end()),
                *std::max_element(times.highs.begin(), times.highs.end()), times};
}

/// The same of a time of a run; of one that did not come through, infinity.
std::optional<Spread> spread(const Records& rows, double RowOutcome::*time) {
  Times times;
  for (const auto* row : rows) {
    const auto outcome = outcome_of(*row);
    if (!outcome.healthy || std::isfinite(outcome.*time))
      times.add(row->repeat, outcome.healthy ? outcome.*time : kNever);
  }
  return spread(times);
}

std::optional<double> middle(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  const double found = median(values);
  return std::isfinite(found) ? std::optional(found) : std::nullopt;
}

std::optional<double> ratio(const std::optional<double>& a, const std::optional<double>& b) {
  if (!a || !b || *b <= 0) return std::nullopt;
  return *a / *b;
}

std::vector<TargetSummary> summarise_targets(const Records& rows) {
  std::vector<TargetSummary> summaries;
  std::vector<Times> times;
  for (const auto* row : rows) {
    const bool healthy = outcome_of(*row).healthy;
    const auto targets = targets_of(*row);
    summaries.resize(std::max(summaries.size(), targets.size()));
    times.resize(summaries.size());
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const auto& at = targets[i];
      const bool reached = healthy && at.time_s;
      const auto if_reached = [reached](auto time) { return reached ? *time : kNever; };
      summaries[i].target = targets[i].target;
      summaries[i].reached += reached;
      times[i].add(row->repeat, if_reached(at.time_s), if_reached(at.low_s), if_reached(at.high_s));
    }
  }
  for (std::size_t i = 0; i < summaries.size(); ++i) summaries[i].time = spread(times[i]);
  return summaries;
}

/// Whether its workers don't wait for each other. In a short run none of them need be seen to be
/// late; only those who wait give the same result every time, or meet to sum, in whatever order.
bool runs_free(const RunRecord* row) {
  const bool meets = row->settings.contains("all_reduce");
  return row->staleness_max.value_or(0) > 0 ||
         (row->workers > 1 && row->deterministic == false && !meets);
}

/// Of the repeat with the middle speedup: medians of three columns would be no product.
void take_speedup(Aggregate& a) {
  Records rows;
  for (const auto* row : a.counted)
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
  a.epoch_s = spread(a.counted, &RowOutcome::epoch_s);
  a.gradient_s = spread(a.counted, &RowOutcome::gradient_s);
  std::vector<double> epochs;
  for (const auto* row : a.counted) epochs.push_back(outcome_of(*row).epochs_to_target);
  a.epochs_to_target = middle(epochs);
  if (names_target(*a.first)) a.time_to_target_s = spread(a.standing.times);
  a.targets = summarise_targets(a.counted);
  // Without the repeats that missed, it would be the lucky ones' speedup.
  if (a.time_to_target_s) take_speedup(a);
  a.updates_per_s = middle(values(a.counted, [](const R& r) { return r.updates_per_s; }));
  a.events_per_s = middle(values(a.counted, [](const R& r) { return r.events_per_s; }));
  a.loss = middle(values(
      a.counted, [](const R& r) { return r.loss_final; }, kNever));
  a.accuracy = middle(values(a.counted, [](const R& r) { return r.accuracy_final; }));
  a.staleness = middle(values(a.counted, [](const R& r) { return r.staleness_mean; }));
  a.wait_share = middle(values(a.counted, [](const R& r) { return ratio(r.wait_s, r.wall_s); }));
  a.queue_share = middle(values(a.counted, [](const R& r) { return ratio(r.queue_s, r.wall_s); }));
  a.capacity = middle(values(a.counted, [](const R& r) { return r.parallel_capacity; }));
  a.asynchronous = std::any_of(a.counted.begin(), a.counted.end(), runs_free);
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

/// What tells a problem from the others of its workload and data: "hidden=32", "virtual clock".
std::string difference_text(const RunRecord& any, const Records& others) {
  Records same_clock;
  for (const auto* other : others)
    if (other->clock == any.clock) same_clock.push_back(other);
  const auto text = column_text(any, differing_columns(same_clock, kBesideProblem));
  if (same_clock.size() == others.size()) return text;
  return fmt::format("{} clock{}{}", any.clock, text.empty() ? "" : ", ", text);
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
    const auto text = difference_text(any, others);
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

std::vector<AggregateGroup> aggregate(const std::vector<RunRecord>& rows,
                                      const std::vector<std::string>& config_ids) {
  std::vector<AggregateGroup> groups;
  std::map<std::string, Records> repeats;
  for (const auto& row : rows) {
    auto& member = member_for(group_for(groups, row).members, row);
    repeats[row.config_id].push_back(&row);
    if (outcome_of(row).counts) member.counted.push_back(&row);
  }
  for (auto& group : groups) {
    Records firsts;
    for (auto& member : group.members) {
      member.standing = standing_of(repeats[member.first->config_id]);
      summarise(member);
      firsts.push_back(member.first);
    }
    group.varying = varying_columns(firsts);
    // Sentences say batch and step of every configuration.
    const auto named = without(group.varying, {"batch", "lr"});
    for (auto& member : group.members) {
      const auto more = column_text(*member.first, named);
      member.name = configuration_label(*member.first) + (more.empty() ? "" : ", " + more);
    }
    sort_members(group, config_ids);
  }
  name_groups(groups);
  return groups;
}

namespace {

std::string note(const RunRecord& row, const Precision& precision, double share) {
  const auto known = precision.half_width ? fmt::format("to ±{:.2g} %", 100 * *precision.half_width)
                                          : std::string("to no interval");
  const auto why = precision.between_points > share
                       ? fmt::format(
                             "; the points of its curve alone leave ±{:.2g} %: more of "
                             "`evaluations` tell more",
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
  const auto interval = standing.interval();
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
