// A comparison for programs: the same columns as CSV and as JSON. What is infinite or unknown is
// empty or null; how many repeats missed their target stands in a column of its own.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/compare/compare.h"
#include "cli/terminal.h"
#include "results/fields.h"
#include "results/reading/json.h"
#include "results/reports.h"

namespace sgdbench {
namespace {

using Json = nlohmann::ordered_json;

/// One line: a finding, or a note, which has no metric.
struct Line {
  const ComparisonReport& report;
  const RunRecord& row;
  const Finding* finding;
  const ComparisonNote* note;
};

Value number(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Value{*value} : Value{};
}
Value low(const std::optional<ConfidenceInterval>& interval) {
  return interval ? number(interval->low) : Value{};
}
Value high(const std::optional<ConfidenceInterval>& interval) {
  return interval ? number(interval->high) : Value{};
}
Value missed(const Sample& sample) {
  return static_cast<std::uint64_t>(std::count_if(sample.values.begin(), sample.values.end(),
                                                  [](double value) { return std::isinf(value); }));
}
Value text(std::string_view value) {
  return value.empty() ? Value{} : Value{std::string(value)};
}

/// What a finding says; nothing for a note.
template <auto Get>
Value of(const Line& line) {
  return line.finding ? Value{Get(*line.finding)} : Value{};
}

/// A difference of shares, and no factor.
bool is_points(const Finding& finding) {
  return finding.metric->kind == Metric::Kind::points;
}

struct ComparisonColumn {
  std::string_view name;
  Value (*get)(const Line&);
};
using F = Finding;
constexpr auto kComparisonColumns = std::to_array<ComparisonColumn>({
    // clang-format off
    {"config_id", [](const Line& l) { return text(l.row.config_id); }},
    {"problem", [](const Line& l) { return text(ComparisonReport::problem(l.row)); }},
    {"configuration", [](const Line& l) { return text(l.report.label(l.row)); }},
    {"metric", of<[](const F& f) { return text(f.metric->name); }>},
    {"base_repeats", of<[](const F& f) { return std::uint64_t{f.before.values.size()}; }>},
    {"base_missed", of<[](const F& f) { return missed(f.before); }>},
    {"base_median", of<[](const F& f) { return number(f.before.median); }>},
    {"base_low", of<[](const F& f) { return low(f.before.interval); }>},
    {"base_high", of<[](const F& f) { return high(f.before.interval); }>},
    {"new_repeats", of<[](const F& f) { return std::uint64_t{f.after.values.size()}; }>},
    {"new_missed", of<[](const F& f) { return missed(f.after); }>},
    {"new_median", of<[](const F& f) { return number(f.after.median); }>},
    {"new_low", of<[](const F& f) { return low(f.after.interval); }>},
    {"new_high", of<[](const F& f) { return high(f.after.interval); }>},
    {"ratio", of<[](const F& f) { return is_points(f) ? Value{} : number(f.change); }>},
    {"ratio_low", of<[](const F& f) { return is_points(f) ? Value{} : low(f.change_interval); }>},
    {"ratio_high", of<[](const F& f) { return is_points(f) ? Value{} : high(f.change_interval); }>},
    {"difference", of<[](const F& f) { return is_points(f) ? number(f.change) : Value{}; }>},
    {"difference_low", of<[](const F& f) { return is_points(f) ? low(f.change_interval) : Value{}; }>},
    {"difference_high", of<[](const F& f) { return is_points(f) ? high(f.change_interval) : Value{}; }>},
    {"p_corrected", of<[](const F& f) { return number(f.p); }>},
    {"exact", of<[](const F& f) { return f.exact; }>},
    {"higher_is_better", of<[](const F& f) { return f.metric->better == Metric::Better::higher; }>},
    {"verdict", [](const Line& l) { return text(to_string(l.finding ? l.finding->verdict : l.note->verdict)); }},
    {"improved", of<[](const F& f) { return f.improved; }>},
    {"remark", [](const Line& l) { return text(l.finding ? l.finding->remark : l.note->text); }},
    // clang-format on
});

Verdict verdict_of(const Line& line) {
  return line.finding ? line.finding->verdict : line.note->verdict;
}

std::vector<Line> lines_of(const ComparisonReport& report) {
  std::vector<Line> lines;
  for (const auto& finding : report.comparison.findings)
    lines.push_back({report, *finding.base, &finding, nullptr});
  for (const auto& note : report.comparison.notes)
    lines.push_back({report, *note.row, nullptr, &note});
  return lines;
}

}  // namespace

std::string comparison_csv(const ComparisonReport& report) {
  std::string out;
  for (const auto& column : kComparisonColumns) (out += column.name) += ',';
  out.back() = '\n';
  for (const auto& line : lines_of(report)) {
    for (const auto& column : kComparisonColumns)
      (out += csv_cell(to_text(column.get(line)))) += ',';
    out.back() = '\n';
  }
  return out;
}

namespace {

/// In XML. Labels and reasons hold no control characters any more.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  return out;
}

}  // namespace

// A test case per finding and note: a regression is a failure, what is inconclusive is skipped.
std::string comparison_junit(const ComparisonReport& report) {
  const auto& comparison = report.comparison;
  const auto cases = lines_of(report);
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"sgdbench compare\" "
      "tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n",
      cases.size() + static_cast<std::size_t>(std::count_if(
                         comparison.means.begin(), comparison.means.end(),
                         [](const MeanRatio& m) { return m.verdict == Verdict::regression; })),
      comparison.count(Verdict::regression), comparison.count(Verdict::inconclusive));
  for (const auto& line : cases) {
    out += fmt::format("  <testcase classname=\"{}\" name=\"{}\"",
                       escaped(ComparisonReport::problem(line.row)),
                       escaped(report.label(line.row) + ": " +
                               (line.finding ? std::string(line.finding->metric->name) : "rows")));
    const auto verdict = verdict_of(line);
    const auto message =
        line.finding ? text_of(*line.finding).change + ' ' + line.finding->remark : line.note->text;
    if (verdict == Verdict::fine)
      out += "/>\n";
    else
      out += fmt::format("><{} message=\"{}\"/></testcase>\n",
                         verdict == Verdict::regression ? "failure" : "skipped", escaped(message));
  }
  for (const auto& mean : comparison.means) {
    if (mean.verdict != Verdict::regression) continue;
    out += fmt::format(
        "  <testcase classname=\"all configurations\" name=\"{}\"><failure "
        "message=\"{}\"/></testcase>\n",
        mean.metric->name, escaped(text_of(mean)));
  }
  out += "  <system-out>" + escaped(report.could_find()) + '\n';
  for (const auto& lines : {comparison.environment, report.remarks})
    for (const auto& line : lines) out += escaped(line) + '\n';
  return out + escaped(report.closing()) + "</system-out>\n</testsuite>\n";
}

std::string comparison_json(const ComparisonReport& report) {
  const auto& criteria = report.options.criteria;
  Json out;
  out["schema"] = "sgdbench-comparison-1";
  out["base"] = report.base_source;
  out["new"] = report.new_source;
  out["max_regression"] = criteria.max_regression;
  out["alpha"] = criteria.alpha;
  out["confidence"] = criteria.confidence();
  out["median_confidence"] = kMedianConfidence;
  out["max_loss"] = criteria.max_loss;
  out["max_points"] = criteria.max_points;
  out["max_memory"] = criteria.max_memory;
  out["could_find"] = report.could_find();
  out["found_shares"] = Json::array();
  for (const auto& [change, share] : report.found_shares())
    out["found_shares"].push_back({{"change", change}, {"share", share}});
  out["paired"] = report.options.paired;
  out["environment"] = report.comparison.environment;
  out["remarks"] = report.remarks;
  out["findings"] = Json::array();
  out["notes"] = Json::array();
  for (const auto& line : lines_of(report)) {
    Json entry;
    for (const auto& column : kComparisonColumns) {
      const auto value = column.get(line);
      if (line.finding || !std::holds_alternative<std::monostate>(value))
        entry[std::string(column.name)] = to_json(value);
    }
    out[line.finding ? "findings" : "notes"].push_back(std::move(entry));
  }
  out["means"] = Json::array();
  for (const auto& mean : report.comparison.means)
    out["means"].push_back({{"metric", mean.metric->name},
                            {"ratio", to_json(number(mean.ratio))},
                            {"size", mean.size},
                            {"left_out", mean.left_out},
                            {"p_corrected", to_json(number(mean.p))},
                            {"verdict", to_string(mean.verdict)}});
  out["summary"] = report.closing();
  out["exit_code"] = report.exit_code();
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace sgdbench
