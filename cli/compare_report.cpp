#include "cli/compare_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "cli/labels.h"
#include "cli/text.h"

namespace sgdbench {
namespace {

constexpr int kRegression = 1, kInconclusive = 3;

/// "1.23 s ±2 %"; a missed target is never.
std::string sample_text(const Metric& metric, const Sample& sample) {
  if (!sample.median) return "—";
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

std::string p_text(const Finding& finding) {
  if (finding.exact) return "exact";
  if (!finding.p) return "—";
  return *finding.p < 0.001 ? "<0.001" : fmt::format("{:.3f}", *finding.p);
}

}  // namespace

std::string source_text(std::string_view name, std::string_view kind,
                        const std::vector<RunRecord>& rows) {
  std::set<std::string> revisions;
  for (const auto& row : rows)
    if (!row.git_revision.empty()) revisions.insert(row.git_revision);
  return fmt::format("{} ({}, {} run{}{}{})", name, kind, rows.size(), rows.size() == 1 ? "" : "s",
                     revisions.empty() ? "" : ", git ", fmt::join(revisions, " or "));
}

ComparisonReport::ComparisonReport(Comparison compared, const ComparisonOptions& asked,
                                   bool be_strict)
    : comparison(std::move(compared)), options(asked), strict(be_strict) {
  std::vector<const RunRecord*> rows;
  for (const auto& finding : comparison.findings) rows.push_back(finding.base);
  for (const auto& note : comparison.notes) rows.push_back(note.row);
  const auto varying = varying_columns(rows);
  for (const auto* row : rows) {
    auto text = row->backend.empty() ? row->config_id : contender_label(*row);
    const auto more = row->backend.empty() ? "" : column_text(*row, varying);
    labels_[row->config_id] = more.empty() ? text : fmt::format("{} {}", text, more);
  }
}

std::string ComparisonReport::problem(const RunRecord& row) {
  return row.workload.empty() ? "" : problem_label(row);
}

int ComparisonReport::exit_code() const {
  if (comparison.count(Verdict::regression) > 0) return kRegression;
  const bool unsure = comparison.count(Verdict::inconclusive) > 0 || comparison.findings.empty();
  return strict && unsure ? kInconclusive : 0;
}

std::string ComparisonReport::closing() const {
  const auto& findings = comparison.findings;
  const auto regressions = comparison.count(Verdict::regression);
  const auto fine = std::count_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.verdict == Verdict::fine;
  });
  const auto improved = std::count_if(findings.begin(), findings.end(),
                                      [](const Finding& finding) { return finding.improved; });
  auto text = fmt::format("{} regression{}, {} fine ({} improved), {} inconclusive: exit {}, ",
                          regressions, regressions == 1 ? "" : "s", fine, improved,
                          comparison.count(Verdict::inconclusive), exit_code());
  if (exit_code() == kRegression) return text + "a regression is proven";
  if (exit_code() == kInconclusive) return text + "with --strict everything must be decided";
  return text + (findings.empty() ? "nothing could be compared" : "no regression is proven");
}

FindingText text_of(const Finding& finding) {
  FindingText text;
  text.metric = finding.metric->name;
  text.before = sample_text(*finding.metric, finding.before);
  text.after = sample_text(*finding.metric, finding.after);
  text.change = finding.ratio ? change_text(*finding.ratio) : "—";
  if (finding.ratio_interval)
    text.interval = fmt::format("{} … {}", change_text(finding.ratio_interval->low),
                                change_text(finding.ratio_interval->high));
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
  return fmt::format("{}: {} over {} configuration{}{}", mean.metric->name,
                     mean.ratio ? change_text(*mean.ratio) : "—", mean.size,
                     mean.size == 1 ? "" : "s", left_out);
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

}  // namespace sgdbench
