// `sgdbench compare BASE NEW`: did anything become worse? `sgdbench compare REPORT --by COLUMN`:
// which configurations of one report differ in time.
#include "cli/compare/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>

#include "backends/mpi/job.h"
#include "cli/outputs.h"
#include "cli/terminal.h"
#include "cli/values.h"
#include "results/atomic_file.h"
#include "results/fields.h"
#include "results/labels.h"
#include "results/reading/report_reader.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

/// Of arrangements, of which so many are dealt that the least of these is several.
constexpr Interval kAlpha{.least = 0.0001, .most = 0.5};

/// "5%" or "0.05".
double parse_share(std::string_view text, const Interval& allowed) {
  if (!text.ends_with('%')) return parse_real(text, allowed);
  text.remove_suffix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return parse_real(text, {.least = 100 * allowed.least,
                           .most = 100 * allowed.most,
                           .open_below = allowed.open_below,
                           .open_above = allowed.open_above}) /
         100;
}

double share_of(const Given& given, std::string_view option, const Interval& allowed) {
  const auto text = given.text(option, find_option(kCompare, option).initial);
  try {
    return parse_share(text, allowed);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}; as in 5% or 0.05", option, error.what()));
  }
}

std::vector<const Metric*> metrics_of(const Given& given) {
  std::vector<const Metric*> metrics;
  for (const auto& name : values_of(find_option(kCompare, "--metric"), given)) {
    const auto* metric = &find_by_name(metric_table(), "metric", name);
    if (std::find(metrics.begin(), metrics.end(), metric) == metrics.end())
      metrics.push_back(metric);
  }
  return metrics;
}

/// Rows that both reports have are no evidence that nothing changed: "10 of 10 rows of NEW are
/// BASE's own"; "" where there are none.
std::string shared_rows(const std::vector<RunRecord>& base, const std::vector<RunRecord>& now) {
  std::set<std::pair<std::string_view, std::optional<double>>> rows;
  for (const auto& row : base) rows.emplace(row.run_id, row.wall_s);
  const auto shared = std::count_if(now.begin(), now.end(), [&](const RunRecord& row) {
    return row.wall_s && row.clock != "virtual" && rows.contains({row.run_id, row.wall_s});
  });
  return shared == 0 ? "" : fmt::format("{} of {} rows of NEW are BASE's own", shared, now.size());
}

constexpr Format<ComparisonReport> kComparisonFormats[] = {{"table", comparison_table},
                                                           {"csv", comparison_csv},
                                                           {"json", comparison_json},
                                                           {"junit", comparison_junit},
                                                           {"markdown", comparison_markdown}};

const Format<ComparisonReport>& format_of(const Given& given) {
  return find_by_name(kComparisonFormats, "format",
                      given.text("--format", kComparisonFormats[0].name));
}

}  // namespace

ComparisonOptions comparison_options_of(const Given& given) {
  ComparisonOptions options;
  const auto most_worse = [&](std::string_view option) {
    return share_of(given, option, {.least = 0, .most = 1000});
  };
  options.criteria.max_regression = most_worse("--max-regression");
  options.criteria.max_loss = most_worse("--max-loss");
  options.criteria.max_points = share_of(given, "--max-points", {.least = 0, .most = 1});
  options.criteria.max_memory = most_worse("--max-memory");
  options.criteria.alpha = share_of(given, "--alpha", kAlpha);
  options.metrics = metrics_of(given);
  options.ignore_environment = given.has("--ignore-environment");
  return options;
}

double inject_of(const Given& given) {
  return share_of(given, "--inject", {.least = 0, .most = 1000, .open_below = true});
}

void check_comparison_output(const Given& given, FileUse& files) {
  format_of(given);
  const auto path = given.text("--out", "-");
  if (path.empty()) throw UsageError("--out: name a file, or - for stdout");
  files.writes("--out", path);
  check_writable(path);
}

int write_comparison(const ComparisonReport& report, const Given& given) {
  const auto& format = format_of(given);
  const auto path = given.text("--out", "-");
  write_atomically(path, format.render(report));
  const bool seen = path == "-" && format.render == comparison_table;
  if (seen || given.has("--quiet")) return report.exit_code();
  for (const auto& line : report.comparison.environment) talk(line);
  talk(report.could_find());
  talk(report.closing());
  return report.exit_code();
}

int compare_verb(const Invocation& invocation) {
  const auto& given = invocation.given;
  if (given.has("--by")) {
    if (given.has("--paired"))
      throw UsageError("--by is for one report, --paired for two commands");
    return compare_within_report(invocation);
  }
  if (invocation.positionals.size() < 2)
    throw UsageError("compare needs BASE NEW, or one report and --by COLUMN");
  if (given.has("--paired")) {
    if (place_in_job().ranks > 1)
      throw UsageError(
          "--paired starts commands itself, which no process of an mpirun can: compare "
          "--paired 'mpirun -n 2 old/sgdbench run …' 'mpirun -n 2 new/sgdbench run …'");
    return compare_commands(invocation);
  }
  if (given.has("--rounds")) throw UsageError("--rounds is for --paired: reports have their own");
  const auto& base_path = invocation.positionals[0];
  const auto& new_path = invocation.positionals[1];
  if (base_path == "-" && new_path == "-")
    throw UsageError("only one of the two reports can come from stdin");
  const auto options = comparison_options_of(given);
  const double inject = given.has("--inject") ? inject_of(given) : 0;
  FileUse files;
  files.reads("BASE", base_path);
  files.reads("NEW", new_path);
  check_comparison_output(given, files);
  const auto base = read_report(base_path), now = read_report(new_path);
  ComparisonReport report(compare(base.runs, now.runs, options), options, given.has("--strict"));
  report.base_source = source_text(base.name, base.kind, base.runs);
  report.new_source = source_text(now.name, now.kind, now.runs);
  if (auto text = shared_rows(base.runs, now.runs); !text.empty())
    report.remarks.push_back(std::move(text));
  if (inject > 0) report.remarks.push_back(report.self_test(inject));
  return write_comparison(report, given);
}

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
  TextTable table({"", "takes", "the time of", "corrected p", ""}, {0, 2, 4});
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
