#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "results/labels.h"
#include "results/outcome.h"
#include "results/reports.h"

namespace sgdbench {
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
