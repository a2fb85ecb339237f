// `sgdbench report FILE…` of what `run` wrote: the table again, a page, or one picture.
//
// The parts of one invocation are in files of their own: rows in runs.csv, their curves in
// curve.csv. They are put together by run_id, and what belongs to no row is refused: half of a
// report would be another report.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "cli/files.h"
#include "cli/options.h"
#include "cli/report/report.h"
#include "cli/terminal.h"
#include "cli/values.h"
#include "cli/verbs.h"
#include "results/atomic_file.h"
#include "results/outcome.h"
#include "results/reading/report_reader.h"
#include "results/view/figures.h"
#include "results/view/page.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

bool has_rows(const Report& report) {
  return report.kind == "runs" || report.kind == "journal" || report.kind == "JSON";
}

/// The rows of all reports, each with the curve and the staleness that another file has of it.
std::vector<RunRecord> joined(std::vector<Report> reports) {
  std::vector<RunRecord> rows;
  std::map<std::string, std::size_t> places;
  for (auto& report : reports) {
    if (!has_rows(report)) continue;
    for (auto& run : report.runs) {
      if (!places.emplace(run.run_id, rows.size()).second)
        throw UsageError(
            fmt::format("{}: run {} is in these files twice", report.name, run.run_id));
      rows.push_back(std::move(run));
    }
  }
  for (auto& report : reports) {
    if (has_rows(report)) continue;
    if (report.kind == "targets")
      throw UsageError(
          fmt::format("{}: its rows are of configurations, not of runs; runs.csv has the times to "
                      "the target",
                      report.name));
    for (auto& part : report.runs) {
      const auto place = places.find(part.run_id);
      if (place == places.end())
        throw UsageError(
            fmt::format("{}: no file here has the row of run {}; give runs.csv of the "
                        "same runs beside it",
                        report.name, part.run_id));
      RunRecord& row = rows[place->second];
      if (!part.curve.empty()) row.curve = std::move(part.curve);
      if (!part.staleness.empty()) row.staleness = std::move(part.staleness);
    }
  }
  return rows;
}

double width_of(const Given& given) {
  try {
    return static_cast<double>(parse_count(given.text("--width", "960"),
                                           static_cast<std::uint64_t>(kLeastWidth),
                                           static_cast<std::uint64_t>(kMostWidth)));
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("--width: {}", error.what()));
  }
}

const FigureKind& figure_of(const Given& given) {
  try {
    return find_by_name(figure_kinds(), "figure", given.text("--figure", "curves"));
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("--figure: {}", error.what()));
  }
}

/// A file has one picture, and so of one problem.
std::string picture(const FigureKind& kind, std::span<const RunRecord> runs, double width) {
  const std::vector<RunRecord> rows(runs.begin(), runs.end());
  const auto groups = aggregate(rows, {});
  if (groups.size() != 1) {
    std::string names;
    for (const auto& group : groups) names += (names.empty() ? "" : "; ") + group.name;
    throw UsageError(fmt::format("--svg draws one problem, and these reports have {}: {}",
                                 groups.size(), names));
  }
  auto svg = figure_svg(kind, {groups.front(), trials_of(groups.front(), {}), width});
  if (svg.empty())
    throw UsageError(
        fmt::format("these reports have nothing that the figure {} shows; curves are in curve.csv, "
                    "staleness in staleness.csv, and a journal has all",
                    kind.name));
  return svg;
}

std::optional<std::string> output_of(const Given& given, std::string_view option, FileUse& files) {
  if (!given.has(option)) return std::nullopt;
  const auto path = given.text(option);
  if (path.empty()) throw UsageError(fmt::format("{}: name a file, or - for stdout", option));
  files.writes(option, path);
  check_writable(path);
  return path;
}

}  // namespace

bool names_trace(const Invocation& invocation) {
  const auto& given = invocation.given;
  if (given.has("--html") || given.has("--figure") || given.has("--width")) return false;
  if (invocation.positionals.size() > 1) return false;
  const std::filesystem::path path(invocation.positionals.front());
  std::error_code ignored;
  // What can be read but once is taken for a trace.
  if (!std::filesystem::is_regular_file(path, ignored)) return true;
  std::string head(4096, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  const auto first = head.find_first_not_of(" \t\r\n");
  const bool is_report = first != std::string::npos && head[first] == '{' &&
                         (head.find("\"context\"") != std::string::npos ||
                          head.find("\"schema\":\"sgdbench-journal") != std::string::npos);
  return first != std::string::npos && head[first] == '{' && !is_report;
}

int look_at_reports(const Invocation& invocation) {
  const auto& given = invocation.given;
  for (const auto* option : {"--from", "--to"})
    if (given.has(option)) throw UsageError(fmt::format("{} is for a trace", option));
  if ((given.has("--figure") || given.has("--width")) && !given.has("--svg"))
    throw UsageError("--figure and --width say what --svg draws: name its file");
  const auto& kind = figure_of(given);
  const auto width = width_of(given);
  FileUse files;
  for (const auto& path : invocation.positionals) files.reads("FILE", path);
  const auto page = output_of(given, "--html", files), svg = output_of(given, "--svg", files);
  std::vector<Report> reports;
  for (const auto& path : invocation.positionals) reports.push_back(read_report(path));
  auto rows = joined(std::move(reports));
  add_speedups(rows);
  if (svg) write_atomically(*svg, picture(kind, rows, width));
  if (page) write_atomically(*page, report_html(rows, {}));
  if (!svg && !page) print(summary(rows, {}));
  return 0;
}

}  // namespace sgdbench
