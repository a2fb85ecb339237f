// run.json, as report_json() writes it. Values go through the text of a cell, so that JSON and CSV
// can't be read differently.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "results/fields.h"
#include "results/reading/json_tree.h"
#include "results/reading/parts.h"

namespace sgdbench {
namespace {

using Tree = JsonTree;

Place place_of(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')),
          before.size() - line_start + 1};
}

Tree parse(std::string_view text, std::string_view name) try {
  return parse_json(text);
} catch (const BadJson& error) {
  refuse(name, place_of(text, error.byte), error.what());
}

/// What stands in a cell of the CSV; nothing for lists and objects.
std::optional<std::string> cell_text(const Tree& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_structured()) return std::nullopt;
  return value.dump();
}

RunRecord read_run(const Tree& entry, std::size_t number, std::string_view name) {
  const auto refuse_entry = [&](std::string_view what) {
    refuse(name, {}, fmt::format("benchmarks[{}]{}", number, what));
  };
  if (!entry.is_object()) refuse_entry(" is no object");
  for (const auto* column : {"config_id", "status"})
    if (!entry.contains(column))
      refuse_entry(fmt::format(" has no {}; this is not a report of sgdbench", column));
  RunRecord run;
  for (const auto& field : run_fields()) {
    const auto value = entry.find(std::string(field.name));
    if (value == entry.end()) continue;
    const auto text = cell_text(*value);
    if (!text || !field.set(run, *text))
      refuse_entry(fmt::format(".{} can't be {}: {}", field.name, text.value_or("a list or object"),
                               field.meaning));
  }
  check_record(run, {}, name);
  if (run.run_id.empty()) run.run_id = fmt::format("{}-{}", run.config_id, run.repeat);
  return run;
}

}  // namespace

std::vector<RunRecord> read_json(std::string_view text, std::string_view name) {
  const Tree report = parse(text, name);
  const auto entries = report.find("benchmarks");
  if (entries == report.end() || !entries->is_array())
    refuse(name, {}, "there is no list of benchmarks; write the report with --json");
  check_run_count(entries->size(), name);
  std::vector<RunRecord> runs;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    runs.push_back(read_run((*entries)[i], i, name));
    if (!ids.insert(runs.back().run_id).second)
      refuse(name, {}, fmt::format("run {} is there twice", runs.back().run_id));
  }
  if (runs.empty()) refuse(name, {}, "its list of benchmarks is empty; was nothing run?");
  return runs;
}

}  // namespace sgdbench
