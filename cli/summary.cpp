#include "cli/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

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

bool has_target(const Aggregate& a) {
  return !a.targets.empty();
}

/// With how many repeats reached it, where some did not.
std::string time_to(const std::optional<Spread>& time, std::size_t reached, const Aggregate& a) {
  const bool all = reached == a.ok.size();
  return median_time(time) + (all ? "" : fmt::format(" ({}/{})", reached, a.ok.size()));
}

std::vector<std::string> cells_of(const Aggregate& a) {
  return {strategy_label(*a.first),
          std::to_string(a.first->workers),
          median_time(a.epoch_s),
          or_dash(a.updates_per_s, human_count),
          has_target(a) ? time_to(a.time_to_target_s, a.reached, a) : "—",
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

/// The strategy, its workers, and then some.
void add_row(TextTable& table, const Aggregate& member, const AggregateGroup& group,
             const std::vector<std::string>& cells) {
  std::vector<std::string> row{strategy_label(*member.first),
                               std::to_string(member.first->workers)};
  const auto rest = cut_label(row.front());
  row.insert(row.end(), cells.begin(), cells.end());
  table.add(std::move(row));
  add_below(table, rest);
  add_below(table, column_text(*member.first, group.varying));
}

std::string time_to(const std::string& target, const Aggregate& member) {
  for (const auto& one : member.targets)
    if (one.target == target) return time_to(one.time, one.reached, member);
  return "—";
}

/// Every target of the group, each once.
std::vector<std::string> targets_of(const AggregateGroup& group) {
  std::vector<std::string> names;
  for (const auto& member : group.members)
    for (const auto& target : member.targets)
      if (std::find(names.begin(), names.end(), target.target) == names.end())
        names.push_back(target.target);
  return names;
}

/// Where a list of targets was asked for, the time to each, as many in a table as fit the screen.
std::string targets_text(const AggregateGroup& group) {
  constexpr std::size_t kColumns = 5;
  const auto names = targets_of(group);
  if (names.size() < 2) return "";
  std::string text;
  for (std::size_t first = 0; first < names.size(); first += kColumns) {
    const std::span some(names.begin() + static_cast<std::ptrdiff_t>(first),
                         std::min(kColumns, names.size() - first));
    std::vector<std::string> header{"backend", "workers"};
    for (const auto& name : some) header.push_back("to " + name);
    TextTable table(header);
    for (const auto& member : group.members) {
      if (member.ok.empty()) continue;
      std::vector<std::string> cells;
      for (const auto& name : some) cells.push_back(time_to(name, member));
      add_row(table, member, group, cells);
    }
    text += table.text() + '\n';
  }
  return text;
}

/// Where the speedup to the target comes from.
std::string speedups_text(const AggregateGroup& group) {
  TextTable table({"backend", "workers", "speedup", "= hardware", "× statistical", "cores"});
  bool any = false;
  for (const auto& member : group.members) {
    if (!member.speedup) continue;
    any = true;
    add_row(table, member, group,
            {or_dash(member.speedup, human_ratio), or_dash(member.hardware, human_ratio),
             or_dash(member.statistical, human_ratio),
             or_dash(member.capacity, [](double v) { return fixed(v, 2); })});
  }
  return any ? table.text() + '\n' : "";
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
  return fmt::format("{} ({} examples, {} features{})\n{}\n{}{}{}\n", group.name, any.examples,
                     any.features, any.clock == "virtual" ? ", virtual clock" : "", table.text(),
                     targets_text(group), speedups_text(group), wrap(conclude(group), 0));
}

}  // namespace

std::string summary(const std::vector<RunRecord>& rows,
                    const std::vector<std::string>& config_ids) {
  std::string text;
  for (const auto& group : aggregate(rows, config_ids))
    text += fmt::format("{}{}", text.empty() ? "" : "\n", group_text(group));
  return printable_lines(text);
}

}  // namespace sgdbench
