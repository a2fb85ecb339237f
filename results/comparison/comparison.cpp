#include "results/comparison/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/comparison/parts.h"

namespace sgdbench {
namespace {

using Metrics = std::vector<const Metric*>;

const Metric* metric_called(std::string_view name) {
  for (const auto& metric : metric_table())
    if (metric.name == name) return &metric;
  return nullptr;
}

template <class Holds>
bool all_rows(const Match& match, Holds holds) {
  const auto holds_of = [&](const RunRecord* row) { return holds(*row); };
  return std::all_of(match.base.begin(), match.base.end(), holds_of) &&
         std::all_of(match.now.begin(), match.now.end(), holds_of);
}

/// Time to the target where there is one, else for the work; the loss; and, where they can be
/// compared exactly, counts and accuracy.
Metrics default_metrics(const Match& match) {
  const bool no_target = all_rows(match, [](const RunRecord& row) { return !names_target(row); });
  Metrics chosen{metric_called(no_target ? "wall_s" : "time_to_target_s"),
                 metric_called("loss_final")};
  for (const auto* name : {"updates", "accuracy_final"}) {
    const auto* metric = metric_called(name);
    if (all_rows(match, [&](const RunRecord& row) { return is_exact(*metric, row); }))
      chosen.push_back(metric);
  }
  return chosen;
}

std::string rounding_of(const Surroundings& around) {
  if (around.build) return "another build may round differently";
  if (around.machine) return "another machine may round differently";
  return "";
}

/// Whether the machine has a part in it.
bool is_time(const Finding& finding) {
  return finding.metric->timed && finding.base->clock != "virtual";
}

/// Nothing where neither report has a value.
std::optional<Finding> find(const Match& match, const Metric& metric, const Surroundings& around,
                            const ComparisonOptions& options) {
  Finding finding;
  finding.base = match.base.front();
  finding.now = match.now.front();
  finding.metric = &metric;
  finding.before = sample(match.base, metric, options.criteria.confidence);
  finding.after = sample(match.now, metric, options.criteria.confidence);
  if (finding.before.values.empty() && finding.after.values.empty()) return std::nullopt;
  if (all_rows(match, [&](const RunRecord& row) { return is_exact(metric, row); }))
    compare_exactly(finding, match, options.criteria, rounding_of(around));
  else
    compare_samples(finding, match, options);
  const bool alone = !options.paired && !options.ignore_environment;
  if (alone && is_time(finding)) finding.evidence.drift = drift_between(match, options.criteria);
  return finding;
}

void leave_open(Finding& finding, std::string_view why) {
  finding.verdict = Verdict::inconclusive;
  finding.improved = false;
  finding.remark = why;
}

/// A finding that the circumstances take away. A user who runs two builds alternately compares
/// builds.
void doubt(Finding& finding, const Surroundings& around, bool paired) {
  const bool times = is_time(finding);
  const auto* why = around.data                           ? "different data"
                    : around.machine && times             ? "different machine"
                    : around.capacity && times && !paired ? "different capacity"
                    : around.build && times && !paired    ? "different build"
                                                          : nullptr;
  if (why) leave_open(finding, why);
}

/// The same for findings that don't mean the same in both reports.
void doubt_meaning(Finding& finding, const Surroundings& around) {
  if (around.crossings && finding.metric->absence == Metric::Absence::missed)
    leave_open(finding, "one report rounds it up to a point of the curve, the other does not");
}

/// Judges what has a p-value, all of them together.
void judge(std::vector<Finding>& findings, const Criteria& criteria) {
  std::vector<double> p;
  for (const auto& finding : findings)
    if (finding.p) p.push_back(*finding.p);
  const auto corrected = holm(p);
  auto next = corrected.begin();
  for (auto& finding : findings) {
    if (!finding.p) continue;
    finding.p = finding.evidence.p = *next++;
    finding.evidence.family = p.size();
    auto decision = decide(finding.evidence, criteria);
    finding.verdict = decision.verdict;
    finding.improved = decision.improved;
    finding.remark = std::move(decision.remark);
  }
}

std::vector<MeanRatio> mean_ratios(const std::vector<Finding>& findings) {
  std::vector<MeanRatio> means;
  for (const auto& metric : metric_table()) {
    MeanRatio mean{&metric, {}};
    std::vector<double> ratios;
    for (const auto& finding : findings) {
      if (finding.metric != &metric) continue;
      const bool has_one = finding.ratio && *finding.ratio > 0 && std::isfinite(*finding.ratio);
      if (has_one)
        ratios.push_back(*finding.ratio);
      else
        ++mean.left_out;
    }
    mean.size = ratios.size();
    if (!ratios.empty()) mean.ratio = geometric_mean(ratios);
    if (mean.size + mean.left_out > 0) means.push_back(mean);
  }
  return means;
}

/// The findings of one configuration; those of every metric where none of the usual has a value.
std::vector<Finding> findings_of(const Match& match, const Surroundings& around,
                                 const ComparisonOptions& options) {
  const auto with = [&](const Metrics& metrics) {
    std::vector<Finding> findings;
    for (const auto* metric : metrics)
      if (auto finding = find(match, *metric, around, options))
        findings.push_back(std::move(*finding));
    return findings;
  };
  if (!options.metrics.empty()) return with(options.metrics);
  auto findings = with(default_metrics(match));
  if (!findings.empty()) return findings;
  Metrics all;
  for (const auto& metric : metric_table()) all.push_back(&metric);
  return with(all);
}

/// "has no loss_test", of the metrics that were asked for; "" where it has all.
std::string without_value(const std::vector<Finding>& findings, const Metrics& asked) {
  std::string names;
  for (const auto* metric : asked) {
    const auto same = [&](const Finding& finding) { return finding.metric == metric; };
    if (std::any_of(findings.begin(), findings.end(), same)) continue;
    names += fmt::format("{}{}", names.empty() ? "has no " : ", ", metric->name);
  }
  return names;
}

}  // namespace

std::size_t Comparison::count(Verdict verdict) const {
  const auto same = [&](const auto& item) { return item.verdict == verdict; };
  return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(), same) +
                                  std::count_if(notes.begin(), notes.end(), same));
}

Comparison compare(const std::vector<RunRecord>& base, const std::vector<RunRecord>& now,
                   const ComparisonOptions& options) {
  Comparison comparison;
  std::vector<Surroundings> around;  // of each finding
  const bool capacity =
      !options.paired && capacity_differs(base, now, options.criteria, comparison.environment);
  for (const auto& match : match_configurations(base, now)) {
    auto notes = notes_of(match);
    if (comparable(match)) {
      auto surroundings = compare_environment(match, comparison.environment);
      surroundings.capacity = capacity;
      surroundings.crossings = crossings_differ(match);
      auto findings = findings_of(match, surroundings, options);
      if (auto missing = without_value(findings, options.metrics); !missing.empty())
        notes.push_back({match.base.front(), missing, Verdict::fine});
      if (findings.empty())
        notes.push_back({match.base.front(), "nothing to compare", Verdict::inconclusive});
      for (auto& finding : findings) {
        comparison.findings.push_back(std::move(finding));
        around.push_back(surroundings);
      }
    }
    comparison.notes.insert(comparison.notes.end(), notes.begin(), notes.end());
  }
  judge(comparison.findings, options.criteria);
  for (std::size_t i = 0; i < around.size(); ++i) {
    if (!options.ignore_environment) doubt(comparison.findings[i], around[i], options.paired);
    doubt_meaning(comparison.findings[i], around[i]);
  }
  comparison.means = mean_ratios(comparison.findings);
  return comparison;
}

}  // namespace sgdbench
