// Reports that people, spreadsheets and services read: CSV by RFC 4180, tables in Markdown,
// exports.
//
// Numbers are written by std::to_chars: the shortest text that reads back to the same double,
// whatever the locale.
#include "results/reports.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "results/fields.h"
#include "results/labels.h"
#include "results/outcome.h"
#include "results/text.h"

namespace sgdbench {
namespace {

template <class Number>
std::string number_text(Number value) {
  char buffer[32];
  const auto end = std::to_chars(std::begin(buffer), std::end(buffer), value).ptr;
  return {std::begin(buffer), end};
}

struct TextOf {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::uint64_t value) const { return number_text(value); }
  std::string operator()(double value) const {
    return std::isfinite(value) ? number_text(value) : std::string{};
  }
  std::string operator()(const std::string& value) const { return value; }
};

}  // namespace

std::string to_text(const Value& value) {
  return std::visit(TextOf{}, value);
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string cell = "\"";
  for (const char c : text) cell.append(c == '"' ? 2 : 1, c);
  return cell + '"';
}

std::string runs_csv(std::span<const RunRecord> runs) {
  std::string out = csv_header(run_fields());
  for (const auto& run : runs) append_csv_row(out, run_fields(), run);
  return out;
}

std::string curve_csv(std::span<const RunRecord> runs) {
  std::string out = csv_header(curve_fields());
  for (const auto& run : runs)
    for (std::size_t i = 0; i < run.curve.size(); ++i)
      append_csv_row(out, curve_fields(), CurveRow{run, i});
  return out;
}

std::string staleness_csv(std::span<const RunRecord> runs) {
  std::string out = csv_header(staleness_fields());
  for (const auto& run : runs)
    for (const auto& count : run.staleness)
      append_csv_row(out, staleness_fields(), StalenessRow{run, count});
  return out;
}

std::string workers_csv(std::span<const RunRecord> runs) {
  std::string out = csv_header(worker_fields());
  for (const auto& run : runs)
    for (const auto& worker : run.per_worker)
      append_csv_row(out, worker_fields(), WorkerRow{run, worker});
  return out;
}

std::string tuning_csv(std::span<const TuningTrial> trials) {
  std::string out = csv_header(tuning_fields());
  for (const auto& trial : trials) append_csv_row(out, tuning_fields(), trial);
  return out;
}

namespace {

using Group = std::vector<const RunRecord*>;

/// Repeats of one configuration together, in the order of the arrangement.
std::vector<Group> by_configuration(std::span<const RunRecord> runs,
                                    const Arrangement& arrangement) {
  std::vector<Group> groups(arrangement.config_ids.size());
  std::map<std::string_view, std::size_t> place;
  for (const auto& id : arrangement.config_ids) place.try_emplace(id, place.size());
  for (const auto& run : runs)
    if (const auto found = place.find(run.config_id); found != place.end())
      groups[found->second].push_back(&run);
  return groups;
}

using Number = std::optional<double> (*)(const RunRecord&);

/// Median over the repeats that came through; where `less` is better, those that did not are
/// infinite. An infinite median is an empty cell.
std::string median_cell(const Group& group, Number number, bool less) {
  std::vector<double> values;
  for (const auto* run : group)
    if (const auto outcome = outcome_of(*run); outcome.counts && (outcome.healthy || less))
      values.push_back(outcome.healthy ? number(*run).value_or(kNever) : kNever);
  if (values.empty()) return {};
  const double middle = median(values);
  return std::isfinite(middle) ? fmt::format("{:.4g}", middle) : std::string{};
}

std::optional<double> waiting_percent(const RunRecord& run) {
  if (!run.wait_s || !run.wall_s || *run.wall_s <= 0) return {};
  return 100 * *run.wait_s / *run.wall_s;
}

struct Column {
  std::string_view title;
  Number number;
  bool less = false;  ///< is better
};
constexpr auto kColumns = std::to_array<Column>({
    {"batch", [](const RunRecord& run) { return std::optional(static_cast<double>(run.batch)); }},
    {"step", [](const RunRecord& run) { return std::optional(run.lr); }},
    {"s/epoch", [](const RunRecord& run) { return std::optional(outcome_of(run).epoch_s); }, true},
    {"updates/s", [](const RunRecord& run) { return run.updates_per_s; }},
    {"s to target", [](const RunRecord& run) { return std::optional(outcome_of(run).to_target_s); },
     true},
    {"final loss", [](const RunRecord& run) { return run.loss_final; }, true},
    {"accuracy", [](const RunRecord& run) { return run.accuracy_final; }},
    {"mean staleness", [](const RunRecord& run) { return run.staleness_mean; }},
    {"waiting %", waiting_percent},
    {"capacity", [](const RunRecord& run) { return run.parallel_capacity; }},
});

/// A name can't break out of its cell.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '|' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// What is to be said of a configuration, after how its runs ended.
std::string remark_on(const Arrangement& arrangement, const std::string& config_id) {
  const auto found = arrangement.remarks.find(config_id);
  return found == arrangement.remarks.end() ? "" : "; " + found->second;
}

/// "5 ok", "3 ok, 2 diverged", "unsupported: one worker only".
std::string outcome(const Group& group) {
  std::vector<std::pair<std::string, std::size_t>> counts;
  for (const auto* run : group) {
    if (counts.empty() || counts.back().first != run->status) counts.emplace_back(run->status, 0);
    ++counts.back().second;
  }
  const auto& first = *group.front();
  if (counts.size() == 1 && first.status != "ok" && !first.reason.empty())
    return first.status + ": " + first.reason;
  std::string text;
  for (const auto& [status, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, status);
  return text;
}

}  // namespace

std::string report_markdown(std::span<const RunRecord> runs, const ReportContext& context) {
  const auto arrangement = arrange(runs, context.config_ids, context.layout);
  std::string out = "| workload | data | backend | workers | runs |";
  for (const auto& column : kColumns) out += fmt::format(" {} |", column.title);
  out += "\n|---|---|---|--:|---|";
  for (std::size_t i = 0; i < kColumns.size(); ++i) out += "--:|";
  out += '\n';
  for (const auto& group : by_configuration(runs, arrangement)) {
    const RunRecord& run = *group.front();
    out += fmt::format("| {} | {} | {} | {} | {} |", escaped(run.workload), escaped(run.data),
                       escaped(strategy_text(run)), run.workers,
                       escaped(outcome(group) + remark_on(arrangement, run.config_id)));
    for (const auto& column : kColumns)
      out += fmt::format(" {} |", median_cell(group, column.number, column.less));
    out += '\n';
  }
  if (arrangement.left_out > 0)
    out += fmt::format("\n{}\n", left_out_text(arrangement.left_out, context.layout));
  return out;
}

namespace {

using Json = nlohmann::ordered_json;

/// The repeats of a configuration come to this.
struct Entry {
  std::string name, measure, why_not;
  const RunRecord* run = nullptr;
  std::size_t repeats = 0;
  double median = 0;                           ///< seconds, where there is no why_not
  std::optional<ConfidenceInterval> interval;  ///< finite
};

void settle(Entry& entry, std::span<const RunRecord* const> repeats) {
  const auto standing = standing_of(repeats);
  entry.repeats = standing.times.values.size();
  entry.why_not = standing.why_no_winner();
  const auto middle = standing.median_time();
  if (entry.why_not.empty() && !middle) entry.why_not = "its target was missed too often";
  entry.median = middle.value_or(0);
  entry.interval = standing.interval();
  if (entry.interval && !std::isfinite(entry.interval->high)) entry.interval.reset();
}

std::vector<Entry> entries_of(std::span<const RunRecord> runs) {
  const RunNames names(runs);
  std::vector<Entry> entries;
  std::map<std::string_view, std::vector<const RunRecord*>> repeats;
  for (const auto& run : runs) {
    repeats[run.config_id].push_back(&run);
    const auto same = [&](const Entry& entry) { return entry.run->config_id == run.config_id; };
    auto found = std::find_if(entries.begin(), entries.end(), same);
    if (found == entries.end()) {
      found = entries.insert(found, Entry{});
      found->run = &run;
      found->name = names.of(run);
      found->measure = names_target(run) ? "time_to_target_s" : "wall_s";
    }
  }
  for (auto& entry : entries) settle(entry, repeats[entry.run->config_id]);
  return entries;
}

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string github_action_benchmark(std::span<const RunRecord> runs, const ReportContext&) {
  Json list = Json::array();
  for (const auto& entry : entries_of(runs)) {
    if (!entry.why_not.empty()) continue;
    Json item{{"name", entry.name}, {"unit", "s"}, {"value", entry.median}};
    if (entry.interval)
      item["range"] = fmt::format("± {:.3g}", (entry.interval->high - entry.interval->low) / 2);
    item["extra"] =
        fmt::format("{}, median of {}\n{}", entry.measure, entry.repeats, entry.run->command);
    list.push_back(std::move(item));
  }
  return text_of(list);
}

std::string bencher(std::span<const RunRecord> runs, const ReportContext&) {
  constexpr double kNanoseconds = 1e9;
  Json all = Json::object();
  for (const auto& entry : entries_of(runs)) {
    if (!entry.why_not.empty()) continue;
    Json latency{{"value", kNanoseconds * entry.median}};
    if (entry.interval) {
      latency["lower_value"] = kNanoseconds * entry.interval->low;
      latency["upper_value"] = kNanoseconds * entry.interval->high;
    }
    all[entry.name] = {{"latency", std::move(latency)}};
  }
  return text_of(all);
}

constexpr auto kKinds = std::to_array<ExportKind>(
    {{"github-action-benchmark", github_action_benchmark}, {"bencher", bencher}});

}  // namespace

std::span<const ExportKind> export_kinds() {
  return kKinds;
}

std::vector<std::string> left_out(std::span<const RunRecord> runs) {
  std::vector<std::string> names;
  for (const auto& entry : entries_of(runs))
    if (!entry.why_not.empty()) names.push_back(fmt::format("{}: {}", entry.name, entry.why_not));
  return names;
}

}  // namespace sgdbench
