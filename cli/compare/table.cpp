// A comparison for people: as a table on a terminal, and in Markdown.
#include <fmt/format.h>

#include <algorithm>

#include "cli/compare/compare.h"
#include "cli/text.h"

namespace sgdbench {
namespace {

std::string heading(const ComparisonReport& report) {
  auto text = fmt::format("BASE {}\nNEW  {}\n{}\n", report.base_source, report.new_source,
                          wrap(report.could_find(), 2));
  for (const auto& lines : {report.comparison.environment, report.remarks})
    for (const auto& line : lines) text += fmt::format("! {}\n", wrap(line, 2));
  return text;
}

/// "updates, loss_final"
std::string names_of(const std::vector<Finding>& findings, std::size_t first, std::size_t count) {
  std::string names;
  for (std::size_t i = first; i < first + count; ++i)
    names += fmt::format("{}{}", i == first ? "" : ", ", findings[i].metric->name);
  return names;
}

void add_finding(TextTable& table, const Finding& finding) {
  auto text = text_of(finding);
  std::vector<std::string> cells{"    " + text.metric, text.before, text.after,  text.change,
                                 text.interval,        text.p,      text.verdict};
  if (text.remark.empty())
    table.add(std::move(cells));
  else
    table.add_note(std::move(cells), "→ " + text.remark);
}

/// The findings [first, last), of one problem.
std::string problem_table(const ComparisonReport& report, std::size_t first, std::size_t last) {
  const auto& findings = report.comparison.findings;
  const auto interval = fmt::format("{:g} % interval", 100 * report.options.criteria.confidence());
  TextTable table({"", "BASE", "NEW", report.options.paired ? "change of pairs" : "change",
                   interval, "p", "verdict"},
                  {6});
  for (std::size_t i = first; i < last;) {
    const auto& finding = findings[i];
    if (i == first || finding.base->config_id != findings[i - 1].base->config_id)
      table.add_note({}, report.label(*finding.base));
    const auto identical = identical_run(findings, i);
    if (identical > 1)
      table.add_note({"    exact"}, fmt::format("{}: identical in every repeat",
                                                names_of(findings, i, identical)));
    else
      add_finding(table, finding);
    i += std::max<std::size_t>(identical, 1);
  }
  return table.text();
}

/// "logreg on a9a: hogwild with 2 workers: missing in NEW — REGRESSION"
std::string note_text(const ComparisonReport& report, const ComparisonNote& note) {
  const auto problem = ComparisonReport::problem(*note.row);
  return fmt::format("{}{}{}: {}{}", problem, problem.empty() ? "" : ": ", report.label(*note.row),
                     note.text,
                     note.verdict == Verdict::regression     ? " — REGRESSION"
                     : note.verdict == Verdict::inconclusive ? " — inconclusive"
                                                             : "");
}

std::string notes(const ComparisonReport& report) {
  std::string text;
  for (const auto& note : report.comparison.notes) text += wrap(note_text(report, note), 2) + '\n';
  return text.empty() ? "" : "\n" + text;
}

std::string means(const ComparisonReport& report) {
  std::string text;
  for (const auto& mean : report.comparison.means)
    text += fmt::format("{}{}\n", text.empty() ? "geometric mean of NEW/BASE\n  " : "  ",
                        text_of(mean));
  return text.empty() ? "" : "\n" + text;
}

/// A bar would end a cell, and so would the end of a line.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) out += c == '|' ? "\\|" : std::string(1, c);
  return out;
}

}  // namespace

std::string comparison_table(const ComparisonReport& report) {
  const auto& findings = report.comparison.findings;
  auto text = heading(report);
  for (std::size_t first = 0; first < findings.size();) {
    const auto problem = ComparisonReport::problem(*findings[first].base);
    std::size_t last = first;
    while (last < findings.size() && ComparisonReport::problem(*findings[last].base) == problem)
      ++last;
    text += fmt::format("\n{}{}{}", problem, problem.empty() ? "" : "\n",
                        problem_table(report, first, last));
    first = last;
  }
  return printable_lines(text + notes(report) + means(report) + '\n' + report.closing() + '\n');
}

std::string comparison_markdown(const ComparisonReport& report) {
  std::string text =
      fmt::format("**{}**\n\n{}.\n\nBASE {}, NEW {}\n", report.closing(), report.could_find(),
                  cell(report.base_source), cell(report.new_source));
  for (const auto& lines : {report.comparison.environment, report.remarks})
    for (const auto& line : lines) text += fmt::format("\n> {}\n", line);
  text +=
      "\n| problem | configuration | metric | BASE | NEW | change | interval | p | verdict |\n"
      "|---|---|---|--:|--:|--:|--:|--:|---|\n";
  for (const auto& finding : report.comparison.findings) {
    const auto f = text_of(finding);
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {}{}{} |\n",
                        cell(ComparisonReport::problem(*finding.base)),
                        cell(report.label(*finding.base)), f.metric, f.before, f.after, f.change,
                        f.interval, f.p, f.verdict, f.remark.empty() ? "" : ": ", cell(f.remark));
  }
  text += '\n';
  for (const auto& note : report.comparison.notes)
    text += fmt::format("- {}\n", note_text(report, note));
  for (const auto& mean : report.comparison.means)
    text += fmt::format("- geometric mean of {}\n", text_of(mean));
  return printable_lines(text);
}

}  // namespace sgdbench
