// `sgdbench compare REPORT --by COLUMN`: which configurations of one report differ in time.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/compare/compare.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "results/atomic_file.h"
#include "results/fields.h"
#include "results/labels.h"
#include "results/reading/report_reader.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kNothing = 3;

struct WithinReport {
  std::vector<PairFinding> pairs;
  RunField by;
  Criteria criteria;
  std::string source;
  std::size_t different() const {
    return static_cast<std::size_t>(std::count_if(
        pairs.begin(), pairs.end(), [](const auto& pair) { return pair.difference.a_is_faster; }));
  }
  std::string closing() const {
    if (pairs.empty())
      return fmt::format("no two configurations differ in {} alone: nothing could be compared",
                         by.name);
    return fmt::format(
        "{} of {} pair{} differ{} at alpha = {:g} for all together; the others are tied",
        different(), pairs.size(), pairs.size() == 1 ? "" : "s", different() == 1 ? "s" : "",
        criteria.alpha);
  }
};

std::string name_of(const WithinReport& report, const RunRecord& row) {
  const auto value = to_text(report.by.get(row));
  return fmt::format("{} [{} {}]", configuration_label(row), report.by.name,
                     value.empty() ? "—" : value);
}

std::string within_table(const WithinReport& report) {
  std::string text = report.source + '\n';
  TextTable table({"", "takes", "the time of", "p", ""}, {0, 2, 4});
  std::string problem;
  for (const auto& pair : report.pairs) {
    if (problem_label(*pair.a) != problem) {
      problem = problem_label(*pair.a);
      table.add_note({}, problem);
    }
    const auto& [ratio, interval, p, p_other, faster, slower] = pair.difference;
    const auto times = ratio && *ratio > 0 ? human_ratio(1 / *ratio) : "—";
    table.add({"  " + name_of(report, *pair.a), times, name_of(report, *pair.b),
               p < 0.001 ? "<0.001" : fmt::format("{:.3f}", p), faster ? "faster" : "tied"});
  }
  if (!report.pairs.empty()) text += '\n' + table.text() + '\n';
  return printable_lines(text + report.closing() + '\n');
}

std::string within_json(const WithinReport& report) {
  Json out;
  out["schema"] = "sgdbench-within-1";
  out["report"] = report.source;
  out["by"] = report.by.name;
  out["alpha"] = report.criteria.alpha;
  out["pairs"] = Json::array();
  for (const auto& pair : report.pairs) {
    const auto& difference = pair.difference;
    const bool finite =
        difference.ratio && *difference.ratio > 0 && std::isfinite(*difference.ratio);
    out["pairs"].push_back({{"a", pair.a->config_id},
                            {"b", pair.b->config_id},
                            {"a_name", name_of(report, *pair.a)},
                            {"b_name", name_of(report, *pair.b)},
                            {"ratio", finite ? Json(*difference.ratio) : Json()},
                            {"p_corrected", difference.p},
                            {"verdict", difference.a_is_faster ? "a is faster" : "tied"}});
  }
  out["summary"] = report.closing();
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

constexpr Format<WithinReport> kWithinFormats[] = {{"table", within_table}, {"json", within_json}};

RunField column_called(const std::string& name) {
  try {
    return find_by_name(columns_that_are(kSetting), "column", name);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("--by: {}", error.what()));
  }
}

}  // namespace

int compare_within_report(const Invocation& invocation) {
  const auto& given = invocation.given;
  if (invocation.positionals.size() != 1)
    throw UsageError("--by compares what is within one report: name one");
  for (const auto* option :
       {"--inject", "--metric", "--max-regression", "--max-loss", "--max-points", "--max-memory",
        "--ignore-environment", "--rounds", "--strict"})
    if (given.has(option)) throw UsageError(fmt::format("{} means nothing with --by", option));
  WithinReport report{
      {}, column_called(given.text("--by")), comparison_options_of(given).criteria, ""};
  const auto& format = find_by_name(kWithinFormats, "format", given.text("--format", "table"));
  FileUse files;
  files.reads("REPORT", invocation.positionals[0]);
  const auto path = given.text("--out", "-");
  files.writes("--out", path);
  const auto read = read_report(invocation.positionals[0]);
  report.source = source_text(read.name, read.kind, read.runs);
  try {
    report.pairs = compare_within(read.runs, report.by.name, report.criteria);
  } catch (const std::length_error& error) {
    throw UsageError(fmt::format("--by: {}", error.what()));
  }
  write_atomically(path, format.render(report));
  return report.pairs.empty() ? kNothing : 0;
}

}  // namespace sgdbench
