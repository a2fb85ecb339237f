#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "cli/compare/compare.h"
#include "cli/terminal.h"
#include "results/labels.h"

namespace sgdbench {
namespace {

constexpr int kRegression = 1, kInconclusive = 3;

/// A report may hold anything: line ends would break the table, escapes the terminal.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  return text;
}

/// "1.23 s ±2 %"; a missed target is never.
std::string sample_text(const Metric& metric, const Sample& sample) {
  if (!sample.median) return "—";
  if (metric.kind == Metric::Kind::event) {
    const auto happened = std::count(sample.values.begin(), sample.values.end(), 1.0);
    return fmt::format("{} of {}", happened, sample.values.size());
  }
  const double middle = *sample.median;
  if (std::isnan(middle) || std::isinf(middle)) return "never";
  const bool seconds = metric.name.ends_with("_s") && !metric.name.ends_with("per_s");
  const auto text = seconds        ? human_seconds(middle)
                    : middle >= 10 ? human_count(middle)
                                   : fmt::format("{:.4g}", middle);
  if (!sample.interval || middle <= 0) return text;
  const double half = (sample.interval->high - sample.interval->low) / 2 / middle;
  return std::isinf(half) ? text + " ±∞" : fmt::format("{} ±{}", text, human_share(half));
}

/// "+5.6 %", "3.20×", "∞".
std::string change_text(double ratio) {
  if (std::isinf(ratio)) return "∞";
  if (ratio > 2 || ratio < 0.5) return human_ratio(ratio);
  return fmt::format("{:+.1f} %", 100 * (ratio - 1));
}

/// "−1.2 points" of accuracy, which is no factor.
std::string change_text(const Metric& metric, double change) {
  if (metric.kind == Metric::Kind::points) return fmt::format("{:+.2f} points", 100 * change);
  return change_text(change);
}

std::string p_text(const Finding& finding) {
  if (finding.exact) return "exact";
  if (!finding.p) return "—";
  return *finding.p < 0.001 ? "<0.001" : fmt::format("{:.3f}", *finding.p);
}

using OneEach = std::map<std::string, const RunRecord*>;  ///< a row of each config_id

/// By config_id, for the configurations of one problem: the strategy, and what else differs among
/// them. Where that is the same for two, the identifiers tell them apart.
std::map<std::string, std::string> labels_of(const OneEach& configurations) {
  std::vector<const RunRecord*> rows;
  for (const auto& [config_id, row] : configurations) rows.push_back(row);
  const auto varying = varying_columns(rows);
  std::map<std::string, std::string> labels;
  std::map<std::string, std::size_t> uses;
  for (const auto* row : rows) {
    auto& text = labels[row->config_id] = one_line(row->config_id);
    if (!row->backend.empty()) {
      const auto more = column_text(*row, varying);
      text =
          one_line(fmt::format("{}{}{}", configuration_label(*row), more.empty() ? "" : " ", more));
    }
    ++uses[text];
  }
  for (auto& [config_id, text] : labels)
    if (uses[text] > 1) text += fmt::format(" [{}]", one_line(config_id));
  return labels;
}

/// Of 100 comparisons.
std::string of_hundred(double share) {
  return share > 0 && share < 0.01 ? "less than 1" : fmt::format("{:.0f}", 100 * share);
}

/// What the comparison could have found: twice what is allowed, and its doublings.
std::vector<FoundShare> found_shares_of(const Comparison& comparison, const Criteria& criteria) {
  const double step = criteria.max_regression > 0 ? criteria.max_regression : 0.05;
  const double changes[] = {2 * step, 4 * step, 8 * step, 16 * step, 32 * step};
  return could_find(comparison, criteria, changes);
}

/// The first of them, and the first that is hardly ever missed.
std::string found_text(const Comparison& comparison, const ComparisonOptions& options,
                       std::span<const FoundShare> found) {
  constexpr double kHardlyMissed = 0.9;
  const auto& criteria = options.criteria;
  if (found.empty()) return "no time was judged: nothing slower would have been found";
  const auto repeats = comparison.families[0][comparison.times[0]].before.size();
  const auto least = least_repeats(criteria.alpha, options.paired);
  if (found.back().share <= 0 && repeats < least)
    return fmt::format("{} {}{} can decide nothing at alpha = {:g}: at least {} are needed",
                       repeats, options.paired ? "round" : "repeat", repeats == 1 ? "" : "s",
                       criteria.alpha, least);
  std::size_t sure = 1;
  while (sure + 1 < found.size() && found[sure].share < kHardlyMissed) ++sure;
  return fmt::format(
      "of 100 such comparisons, one configuration {:.3g} % slower would be found in {}, {:.3g} % "
      "in {}",
      100 * found[0].change, of_hundred(found[0].share), 100 * found[sure].change,
      of_hundred(found[sure].share));
}

}  // namespace

std::string source_text(std::string_view name, std::string_view kind,
                        const std::vector<RunRecord>& rows) {
  std::set<std::string> revisions;
  for (const auto& row : rows)
    if (!row.git_revision.empty()) revisions.insert(row.git_revision);
  return one_line(fmt::format("{} ({}, {} run{}{}{})", name, kind, rows.size(),
                              rows.size() == 1 ? "" : "s", revisions.empty() ? "" : ", git ",
                              fmt::join(revisions, " or ")));
}

ComparisonReport::ComparisonReport(Comparison compared, const ComparisonOptions& asked,
                                   bool be_strict)
    : comparison(std::move(compared)), options(asked), strict(be_strict) {
  const auto said = [](std::string_view text) { return one_line(with_option_names(text)); };
  for (auto& note : comparison.notes) note.text = said(note.text);
  for (auto& line : comparison.environment) line = said(line);
  for (auto& finding : comparison.findings) finding.remark = with_option_names(finding.remark);
  std::map<std::string, OneEach> problems;
  const auto add = [&](const RunRecord& row) { problems[problem(row)][row.config_id] = &row; };
  for (const auto& finding : comparison.findings) add(*finding.base);
  for (const auto& note : comparison.notes) add(*note.row);
  for (const auto& [name, rows] : problems) labels_.merge(labels_of(rows));
  found_shares_ = found_shares_of(comparison, options.criteria);
  could_find_ = found_text(comparison, options, found_shares_);
}

std::string ComparisonReport::self_test(double change) const {
  constexpr std::size_t kTrials = 200;
  const auto found = [&](double by) {
    return test_gate(comparison, options.criteria, by, kTrials);
  };
  if (comparison.times.empty()) return "no time was judged, so the gate can't test itself";
  const auto equal = found(0);
  return fmt::format(
      "of {} comparisons of these repeats, dealt anew, {} call something slower where nothing "
      "changed, {} where one configuration is {:.3g} % slower, which is allowed, and {} where it "
      "is {:.3g} % slower",
      equal.trials, equal.found, found(options.criteria.max_regression).found,
      100 * options.criteria.max_regression, found(change).found, 100 * change);
}

std::string ComparisonReport::problem(const RunRecord& row) {
  return row.workload.empty() ? "" : one_line(problem_label(row));
}

int ComparisonReport::exit_code() const {
  if (interrupted) return kInterruptedExit;
  if (comparison.count(Verdict::regression) > 0) return kRegression;
  if (!comparison.decides_anything()) return kInconclusive;
  return strict && comparison.count(Verdict::inconclusive) > 0 ? kInconclusive : 0;
}

std::string ComparisonReport::closing() const {
  const auto& findings = comparison.findings;
  const auto regressions = comparison.count(Verdict::regression);
  const auto fine = std::count_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.verdict == Verdict::fine;
  });
  const auto exact = std::count_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.exact && finding.verdict == Verdict::fine;
  });
  const auto improved = std::count_if(findings.begin(), findings.end(),
                                      [](const Finding& finding) { return finding.improved; });
  auto text = fmt::format(
      "{} regression{}, {} fine ({} exactly, {} improved), {} inconclusive: "
      "exit {}, ",
      regressions, regressions == 1 ? "" : "s", fine, exact, improved,
      comparison.count(Verdict::inconclusive), exit_code());
  if (interrupted) return text + "it was interrupted";
  if (exit_code() == kRegression) return text + "a regression is proven";
  if (findings.empty()) return text + "nothing could be compared";
  if (!comparison.decides_anything()) return text + "nothing could be decided";
  if (exit_code() == kInconclusive) return text + "with --strict everything must be decided";
  return text + "no regression is proven";
}

FindingText text_of(const Finding& finding) {
  FindingText text;
  text.metric = finding.metric->name;
  text.before = sample_text(*finding.metric, finding.before);
  text.after = sample_text(*finding.metric, finding.after);
  text.change = finding.change ? change_text(*finding.metric, *finding.change) : "—";
  if (finding.change_interval)
    text.interval =
        fmt::format("{} … {}", change_text(*finding.metric, finding.change_interval->low),
                    change_text(*finding.metric, finding.change_interval->high));
  text.p = p_text(finding);
  text.verdict = finding.verdict == Verdict::regression ? "REGRESSION"
                 : finding.improved                     ? "improved"
                                                        : to_string(finding.verdict);
  text.remark = finding.remark;
  return text;
}

std::string text_of(const MeanRatio& mean) {
  const auto left_out =
      mean.left_out == 0 ? "" : fmt::format("; {} without a finite ratio left out", mean.left_out);
  const auto verdict =
      !mean.p ? ""
              : fmt::format(
                    ", {} (p {})",
                    mean.verdict == Verdict::regression ? "REGRESSION" : to_string(mean.verdict),
                    *mean.p < 0.001 ? "<0.001" : fmt::format("= {:.3f}", *mean.p));
  return fmt::format("{}: {} over {} configuration{}{}{}", mean.metric->name,
                     mean.ratio ? change_text(*mean.ratio) : "—", mean.size,
                     mean.size == 1 ? "" : "s", verdict, left_out);
}

std::size_t identical_run(const std::vector<Finding>& findings, std::size_t first) {
  const auto same = [&](const Finding& finding) {
    return finding.exact && finding.remark == "identical" &&
           finding.base->config_id == findings[first].base->config_id;
  };
  std::size_t last = first;
  while (last < findings.size() && same(findings[last])) ++last;
  return last - first;
}

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
  const auto interval =
      fmt::format("{:g} % interval of all", 100 * report.options.criteria.confidence());
  TextTable table({"", "BASE", "NEW", report.options.paired ? "change of pairs" : "change",
                   interval, "corrected p", "verdict"},
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
      "\n| problem | configuration | metric | BASE | NEW | change | interval of all | corrected p "
      "| verdict |\n"
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
