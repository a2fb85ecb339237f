#include "results/view/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "results/labels.h"
#include "results/statistics.h"
#include "results/view/figures.h"
#include "results/view/tables.h"

namespace sgdbench {
namespace {

std::string fixed(double value, int digits) {
  return fmt::format("{:.{}f}", value, digits);
}

/// "4.27 ms ±2%": half the interval of the median beside it, which five repeats have.
std::string time_text(const std::optional<Spread>& time) {
  if (!time) return "—";
  const auto text = human_seconds(time->median);
  const auto interval = time->times.interval();
  if (!interval || time->median <= 0) return text;
  const double half = 100 * (interval->high - interval->low) / 2 / time->median;
  return std::isfinite(half) ? fmt::format("{} ±{:.{}f}%", text, half, half < 0.95 ? 1 : 0)
                             : text + " ±∞";
}

/// With how many repeats reached it, where some did not.
std::string time_to(const std::optional<Spread>& time, std::size_t reached, const Aggregate& a) {
  if (time && a.standing.starts_there()) return "already there";
  const bool all = reached == a.counted.size();
  return time_text(time) + (all ? "" : fmt::format(" ({}/{})", reached, a.counted.size()));
}

std::string short_number(double value) {
  return value < 1000 ? fmt::format("{:.3g}", value) : human_count(value);
}

using Column = SummaryColumn;

constexpr Column kToTargetColumn{"to target", [](const Aggregate& a) {
                                   return time_to(a.time_to_target_s, a.standing.reached, a);
                                 }};
constexpr Column kLossColumn{"loss", [](const Aggregate& a) {
                               return or_dash(a.loss, [](double v) { return fixed(v, 4); });
                             }};

constexpr Column kWorkersColumn{
    "workers", [](const Aggregate& a) { return std::to_string(a.first->workers); }};
constexpr Column kBatchColumn{"batch",
                              [](const Aggregate& a) { return std::to_string(a.first->batch); }};
constexpr Column kStaleColumn{
    "stale", [](const Aggregate& a) { return or_dash(a.staleness, short_number); }};
constexpr Column kWaitsColumn{
    "waits", [](const Aggregate& a) { return or_dash(a.wait_share, human_share); }};
constexpr Column kQueuesColumn{
    "queues", [](const Aggregate& a) { return or_dash(a.queue_share, human_share); }};
constexpr Column kUpdatesColumn{
    "updates/s", [](const Aggregate& a) { return or_dash(a.updates_per_s, human_count); }};
constexpr Column kEventsColumn{
    "events/s", [](const Aggregate& a) { return or_dash(a.events_per_s, human_count); }};

/// Whether there is anything to learn. What was made by other programs may not name its data.
bool learns(const AggregateGroup& group) {
  return std::any_of(group.members.begin(), group.members.end(), [](const Aggregate& a) {
    return a.first->examples > 0 || a.loss || names_target(*a.first);
  });
}

/// How long workers waited for each other, and where there is a queue, how long in that.
void add_waits(std::vector<Column>& columns, const AggregateGroup& group) {
  columns.push_back(kWaitsColumn);
  if (std::any_of(group.members.begin(), group.members.end(),
                  [](const Aggregate& a) { return a.queue_share.value_or(0) > 0; }))
    columns.push_back(kQueuesColumn);
}

/// Where nothing is learnt, how fast it goes is all there is: by its own clock, and a simulation's
/// arrivals in real time.
std::vector<Column> columns_without_loss(const RunRecord& any) {
  if (any.clock == "virtual")
    return {kWorkersColumn, kBatchColumn, kUpdatesColumn, kEventsColumn, kStaleColumn};
  return {kWorkersColumn, kBatchColumn, kUpdatesColumn, kStaleColumn};
}

/// The loss where there is no target: with one, how fast it came there says more.
std::vector<Column> columns_before_waits(const AggregateGroup& group) {
  if (!learns(group)) return columns_without_loss(*group.members.front().first);
  const auto evaluated =
      std::find_if(group.members.begin(), group.members.end(),
                   [](const auto& member) { return !member.first->curve.empty(); });
  const bool held_out =
      evaluated != group.members.end() && evaluated->first->curve.back().test_accuracy.has_value();
  const bool target = names_target(*group.members.front().first);
  return {kWorkersColumn,
          kBatchColumn,
          {"step", [](const Aggregate& a) { return fmt::format("{:.3g}", a.first->lr); }},
          {"epoch", [](const Aggregate& a) { return time_text(a.epoch_s); }},
          target ? kToTargetColumn : kLossColumn,
          {held_out ? "held-out" : "accuracy",
           [](const Aggregate& a) {
             return or_dash(a.accuracy, [](double v) { return fixed(100 * v, 1) + " %"; });
           }},
          kStaleColumn};
}

}  // namespace

std::vector<Column> summary_columns(const AggregateGroup& group) {
  auto columns = columns_before_waits(group);
  add_waits(columns, group);
  return columns;
}

namespace {

/// Cuts what does not fit the first column off a label at its last space; returns the rest.
std::string cut_label(std::string& label) {
  constexpr std::size_t kRoom = 25;
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

/// Whether any repeat came through.
bool has_numbers(const Aggregate& a) {
  return a.standing.troubled < a.counted.size();
}

void add_member(TextTable& table, const Aggregate& a, const std::vector<Column>& columns,
                const RunFields& varying, std::string_view remark) {
  std::vector<std::string> cells{strategy_label(*a.first)};
  const auto rest = cut_label(cells.front());
  for (const auto& column : columns) cells.push_back(column.cell(a));
  table.add(std::move(cells));
  add_below(table, a.standing.why_no_winner());
  add_below(table, rest);
  add_below(table, column_text(*a.first, without(varying, {"batch", "lr"})));
  add_below(table, remark);
}

std::string remark_on(const Arrangement& arrangement, const Aggregate& member) {
  const auto found = arrangement.remarks.find(member.first->config_id);
  return found == arrangement.remarks.end() ? "" : found->second;
}

/// What has no numbers, behind the table: those with the same reason together.
std::string without_numbers(const AggregateGroup& group, const Arrangement& arrangement) {
  std::vector<std::pair<std::string, std::string>> reasons;  // and of which configurations
  for (const auto& member : group.members) {
    if (has_numbers(member)) continue;
    const auto reason = member.standing.why_no_winner();
    auto name = series_name(member, group);
    if (const auto remark = remark_on(arrangement, member); !remark.empty())
      name += " (" + remark + ")";
    const auto place = std::find_if(reasons.begin(), reasons.end(),
                                    [&](const auto& one) { return one.first == reason; });
    if (place == reasons.end())
      reasons.emplace_back(reason, std::move(name));
    else
      place->second += "; " + name;
  }
  std::string text;
  for (const auto& [reason, names] : reasons)
    text += wrap(fmt::format("{}: {}", names, reason), 0) + '\n';
  return text.empty() ? text : '\n' + text;
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
      if (!has_numbers(member)) continue;
      std::vector<std::string> cells;
      for (const auto& name : some) cells.push_back(time_to(name, member));
      add_row(table, member, group, cells);
    }
    text += table.text() + '\n';
  }
  return text;
}

/// The median of a column; in how many repeats it has a value, where some have none: these came to
/// no end of it. A word where it is that of all repeats, and how often something is true.
std::string column_cell(const RunField& column, const Aggregate& member) {
  std::vector<double> values;
  std::size_t present = 0;
  std::set<std::string> texts;
  std::size_t yes = 0;
  for (const auto* row : member.counted) {
    const Value value = column.get(*row);
    texts.insert(to_text(value));
    yes += value == Value{true};
    const auto* whole = std::get_if<std::uint64_t>(&value);
    const auto* number = std::get_if<double>(&value);
    values.push_back(whole ? static_cast<double>(*whole) : number ? *number : kNever);
    present += whole || number;
  }
  if (present == 0) {
    if (texts.size() > 1)
      return yes > 0 ? fmt::format("true ({}/{})", yes, values.size()) : "differs";
    return texts.empty() || texts.begin()->empty() ? "—" : *texts.begin();
  }
  const double middle = median(values);
  const auto shown = [&](double value) {
    if (column.unit == "s") return human_seconds(value);
    if (column.unit == "bytes") return human_bytes(static_cast<std::uint64_t>(value));
    if (column.name.ends_with("_share")) return human_share(value);
    return short_number(value);
  };
  const auto text = std::isfinite(middle) ? shown(middle) : "—";
  return present == values.size() ? text : fmt::format("{} ({}/{})", text, present, values.size());
}

/// The columns that were asked for, as many in a table as fit the screen.
std::string columns_text(const AggregateGroup& group, const RunFields& columns) {
  constexpr std::size_t kLeft = 36, kLeast = 10, kGap = 2;
  std::string text;
  for (std::size_t first = 0; first < columns.size();) {
    std::vector<std::string> header{"backend", "workers"};
    std::size_t end = first, width = kLeft;
    for (; end < columns.size(); ++end) {
      width += kGap + std::max(columns[end].name.size(), kLeast);
      if (width > kScreen && end > first) break;
      header.emplace_back(columns[end].name);
    }
    TextTable table(header);
    for (const auto& member : group.members) {
      if (!has_numbers(member)) continue;
      std::vector<std::string> cells;
      for (std::size_t i = first; i < end; ++i) cells.push_back(column_cell(columns[i], member));
      add_row(table, member, group, cells);
    }
    text += table.text() + '\n';
    first = end;
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

/// The group with those members alone that are shown, as they are arranged.
AggregateGroup shown_of(const AggregateGroup& group, const Arrangement& arrangement) {
  AggregateGroup shown{group.name, {}, group.varying};
  for (const auto& id : arrangement.config_ids)
    for (const auto& member : group.members)
      if (member.first->config_id == id) shown.members.push_back(member);
  return shown;
}

std::string group_text(const AggregateGroup& all, const Arrangement& arrangement,
                       const Layout& layout) {
  const auto group = shown_of(all, arrangement);
  const auto columns = summary_columns(group);
  std::vector<std::string> header{"backend"};
  for (const auto& column : columns) header.emplace_back(column.title);
  TextTable table(header);
  for (const auto& member : group.members)
    if (has_numbers(member))
      add_member(table, member, columns, group.varying, remark_on(arrangement, member));
  const auto left_out = left_out_text(all.members.size() - group.members.size(), layout);
  add_below(table, left_out);
  // A header alone says nothing.
  const bool any =
      !left_out.empty() || std::any_of(group.members.begin(), group.members.end(), has_numbers);
  return fmt::format("{}\n{}\n{}{}{}{}\n", group_heading(group),
                     (any ? table.text() : "") + without_numbers(group, arrangement),
                     targets_text(group), columns_text(group, layout.columns), speedups_text(group),
                     wrap(conclude(all), 0));
}

}  // namespace

// Of data that were never loaded, or are none, nothing is said, and a clock that is in the name
// already not again.
std::string group_heading(const AggregateGroup& group) {
  const auto& any = *group.members.front().first;
  std::vector<std::string> facts;
  if (any.examples > 0)
    facts.push_back(fmt::format("{} examples, {} features", any.examples, any.features));
  if (any.clock == "virtual" && group.name.find("virtual clock") == std::string::npos)
    facts.emplace_back("virtual clock");
  return facts.empty() ? group.name : fmt::format("{} ({})", group.name, fmt::join(facts, ", "));
}

std::string summary(const std::vector<RunRecord>& rows, const std::vector<std::string>& config_ids,
                    const Layout& layout) {
  const auto arrangement = arrange(rows, config_ids, layout);
  std::string text;
  for (const auto& group : aggregate(rows, config_ids))
    text += fmt::format("{}{}", text.empty() ? "" : "\n", group_text(group, arrangement, layout));
  return printable_lines(text);
}

}  // namespace sgdbench
