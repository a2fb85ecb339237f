#include "cli/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/aggregate.h"
#include "cli/conclusion.h"
#include "cli/labels.h"
#include "cli/text.h"

namespace sgdbench {
namespace {

std::string fixed(double value, int digits) {
  return fmt::format("{:.{}f}", value, digits);
}

std::string median_time(const std::optional<Spread>& spread) {
  return spread ? human_seconds(spread->median) : "—";
}

std::vector<std::string> cells_of(const Aggregate& a) {
  return {strategy_label(*a.first),
          std::to_string(a.first->workers),
          median_time(a.epoch_s),
          or_dash(a.updates_per_s, human_count),
          median_time(a.time_to_target_s),
          or_dash(a.loss, [](double v) { return fixed(v, 4); }),
          or_dash(a.accuracy, [](double v) { return fixed(100 * v, 1) + " %"; }),
          or_dash(a.staleness, [](double v) { return fixed(v, 2); }),
          or_dash(a.wait_share, human_share)};
}

/// "unsupported: one worker only", "2 of 5 repeats diverged: …".
std::string trouble(const Aggregate& a) {
  const auto& row = *a.others.front();
  const auto total = a.others.size() + a.ok.size();
  std::string text;
  if (!a.ok.empty()) text = fmt::format("{} of {} repeats ", a.others.size(), total);
  return fmt::format("{}{}{}{}", text, row.status, row.reason.empty() ? "" : ": ", row.reason);
}

/// Cuts what does not fit the first column off a label at its last space; returns the rest.
std::string cut_label(std::string& label) {
  constexpr std::size_t kRoom = 28;
  const auto space = label.find(" (");
  if (display_width(label) <= kRoom || space == std::string::npos) return "";
  const auto rest = label.substr(space + 1);
  label.resize(space);
  return rest;
}

/// A line of its own under a member.
void add_below(TextTable& table, std::string_view text) {
  if (!text.empty()) table.add_note({}, std::string(text));
}

void add_member(TextTable& table, const Aggregate& a, const std::vector<std::string>& varying) {
  auto cells = cells_of(a);
  const auto rest = cut_label(cells.front());
  if (a.ok.empty()) {
    cells.resize(2);
    table.add_note(std::move(cells), trouble(a));
  } else {
    table.add(std::move(cells));
    if (!a.others.empty()) add_below(table, trouble(a));
  }
  add_below(table, rest);
  add_below(table, column_text(*a.first, varying));
}

std::string group_text(const AggregateGroup& group) {
  const auto& any = *group.members.front().first;
  const auto evaluated =
      std::find_if(group.members.begin(), group.members.end(),
                   [](const auto& member) { return !member.first->curve.empty(); });
  const bool held_out =
      evaluated == group.members.end() || evaluated->first->curve.back().test_accuracy.has_value();
  TextTable table({"backend", "workers", "epoch", "updates/s", "to target", "loss",
                   held_out ? "held-out" : "accuracy", "stale", "waits"});
  for (const auto& member : group.members) add_member(table, member, group.varying);
  return fmt::format("{} ({} examples, {} features)\n{}\n{}\n", problem_label(any), any.examples,
                     any.features, table.text(), wrap(conclude(group), 0));
}

}  // namespace

std::string summary(const std::vector<RunRecord>& rows,
                    const std::vector<std::string>& config_ids) {
  std::string text;
  for (const auto& group : aggregate(rows, config_ids))
    text += fmt::format("{}{}", text.empty() ? "" : "\n", group_text(group));
  return text;
}

}  // namespace sgdbench
