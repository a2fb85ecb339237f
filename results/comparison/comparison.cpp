#include "results/comparison/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/comparison/parts.h"

namespace sgdbench {
namespace {

using Metrics = std::vector<const Metric*>;

template <class Holds>
bool all_rows(const Match& match, Holds holds) {
  const auto holds_of = [&](const RunRecord* row) { return holds(*row); };
  return std::all_of(match.base.begin(), match.base.end(), holds_of) &&
         std::all_of(match.now.begin(), match.now.end(), holds_of);
}

/// How long the same work takes; how much of it the target takes, else how good the result is; and,
/// where they can be compared exactly, loss and accuracy.
Metrics default_metrics(const Match& match) {
  const bool any_target = !all_rows(match, [](const RunRecord& row) { return !names_target(row); });
  const auto all_have = [&](std::string_view name) {
    return all_rows(match, [&](const RunRecord& row) {
      return row.status != "ok" || metric_called(name)->get(row).has_value();
    });
  };
  const bool cut_short = !all_rows(match, [](const RunRecord& row) {
    return !row.stopped_at_target.value_or(false);
  }) || all_rows(match, [](const RunRecord& row) { return row.status == "timeout"; });
  Metrics chosen{metric_called(cut_short ? "epoch_s" : "wall_s")};
  if (!all_have(chosen[0]->name)) chosen = {metric_called("time_to_target_s")};
  const auto add = [&](std::string_view name) {
    const auto* metric = metric_called(name);
    if (std::find(chosen.begin(), chosen.end(), metric) == chosen.end()) chosen.push_back(metric);
  };
  add(any_target                   ? "epochs_to_target"
      : all_have("suboptimality")  ? "suboptimality"
      : all_have("accuracy_final") ? "accuracy_final"
                                   : "loss_final");
  for (const auto* name : {"loss_final", "accuracy_final"})
    if (all_rows(match, [&](const RunRecord& row) { return is_exact(*metric_called(name), row); }))
      add(name);
  add("misses");
  return chosen;
}

std::string rounding_of(const Surroundings& around) {
  if (around.build) return "another build may round differently";
  if (around.machine) return "another machine may round differently";
  return "";
}

/// What the circumstances leave nothing to say of; "" where they don't. A user who runs two builds
/// alternately compares builds.
std::string doubt(const Finding& finding, const Surroundings& around,
                  const ComparisonOptions& options) {
  if (around.crossings && finding.metric->absence == Metric::Absence::missed &&
      finding.metric->kind == Metric::Kind::time)
    return "one report rounds it up to a point of the curve, the other does not";
  if (options.ignore_environment || finding.metric->kind == Metric::Kind::event) return "";
  if (around.data) return "different data";
  if (!is_noisy(*finding.metric, *finding.base)) return "";
  if (around.machine) return "different machine";
  return around.build && !options.paired ? "different build" : "";
}

/// Nothing where neither report has a value, or an event happened always or never.
std::optional<Finding> find(const Match& match, const Metric& metric, const Surroundings& around,
                            const ComparisonOptions& options, bool& judged) {
  Finding finding;
  finding.base = match.base.front();
  finding.now = match.now.front();
  finding.metric = &metric;
  finding.before = sample(match.base, metric);
  finding.after = sample(match.now, metric);
  judged = false;
  if (finding.before.values.empty() && finding.after.values.empty()) return std::nullopt;
  auto both = finding.before.values;
  both.insert(both.end(), finding.after.values.begin(), finding.after.values.end());
  const bool differ = std::any_of(both.begin(), both.end(), [&](double x) { return x != both[0]; });
  if (metric.kind == Metric::Kind::event && options.metrics.empty() && !differ) return std::nullopt;
  if (all_rows(match, [&](const RunRecord& row) { return is_exact(metric, row); })) {
    compare_exactly(finding, match, options.criteria, rounding_of(around));
  } else {
    finding.remark = estimate_change(finding, match, options);
    judged = finding.remark.empty();
  }
  if (const auto why = doubt(finding, around, options); !why.empty()) {
    finding.verdict = Verdict::inconclusive;
    finding.improved = judged = false;
    finding.remark = why;
  }
  return finding;
}

std::vector<MeanRatio> mean_ratios(const std::vector<Finding>& findings) {
  std::vector<MeanRatio> means;
  for (const auto& metric : metric_table()) {
    if (metric.kind == Metric::Kind::event || metric.kind == Metric::Kind::points) continue;
    MeanRatio mean{&metric, {}, 0, 0, {}, Verdict::fine};
    std::vector<double> ratios;
    for (const auto& finding : findings) {
      if (finding.metric != &metric) continue;
      const bool has_one = finding.change && *finding.change > 0 && std::isfinite(*finding.change);
      if (has_one)
        ratios.push_back(*finding.change);
      else
        ++mean.left_out;
    }
    mean.size = ratios.size();
    if (!ratios.empty()) mean.ratio = geometric_mean(ratios);
    if (mean.size + mean.left_out > 1) means.push_back(mean);
  }
  return means;
}

/// A finding, and whether it is to be judged with all others.
struct Found {
  Finding finding;
  bool judged;
};

/// The findings of one configuration; those of every metric where none of the usual has a value.
std::vector<Found> findings_of(const Match& match, const Surroundings& around,
                               const ComparisonOptions& options) {
  const auto with = [&](const Metrics& metrics) {
    std::vector<Found> findings;
    for (const auto* metric : metrics) {
      bool judged = false;
      if (auto finding = find(match, *metric, around, options, judged))
        findings.push_back({std::move(*finding), judged});
    }
    return findings;
  };
  if (!comparable(match)) return with({metric_called("misses")});
  if (!options.metrics.empty()) return with(options.metrics);
  auto findings = with(default_metrics(match));
  if (!findings.empty()) return findings;
  Metrics all;
  for (const auto& metric : metric_table())
    if (metric.kind != Metric::Kind::event) all.push_back(&metric);
  return with(all);
}

/// "has no loss_test", of the metrics that were asked for; "" where it has all.
std::string without_value(const std::vector<Found>& findings, const Metrics& asked) {
  std::string names;
  for (const auto* metric : asked) {
    const auto same = [&](const Found& found) { return found.finding.metric == metric; };
    if (std::any_of(findings.begin(), findings.end(), same)) continue;
    names += fmt::format("{}{}", names.empty() ? "has no " : ", ", metric->name);
  }
  return names;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::fine:
      return "fine";
    case Verdict::regression:
      return "regression";
    case Verdict::inconclusive:
      return "inconclusive";
  }
  return "";
}

std::size_t Comparison::count(Verdict verdict) const {
  const auto same = [&](const auto& item) { return item.verdict == verdict; };
  auto found = std::count_if(findings.begin(), findings.end(), same) +
               std::count_if(notes.begin(), notes.end(), same);
  if (verdict != Verdict::fine) found += std::count_if(means.begin(), means.end(), same);
  return static_cast<std::size_t>(found);
}

bool Comparison::decides_anything() const {
  const auto& whole = families.empty() ? std::vector<Measured>{} : families[0];
  const auto enough = [&](const Measured& measured) {
    return least_p(measured.before.size(), measured.after.size(), dealing.paired) <= alpha;
  };
  return count(Verdict::regression) > 0 || std::any_of(whole.begin(), whole.end(), enough) ||
         std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
           return finding.exact && finding.verdict != Verdict::inconclusive;
         });
}

Comparison compare(const std::vector<RunRecord>& base, const std::vector<RunRecord>& now,
                   const ComparisonOptions& options) {
  Comparison comparison;
  comparison.alpha = options.criteria.alpha;
  const auto matches = match_configurations(base, now, comparison.environment);
  const Repeats repeats(base, now, options.paired);
  std::vector<const Match*> judged;  // of each finding; null where there is nothing to judge
  for (const auto& match : matches) {
    auto notes = notes_of(match);
    if (!match.base.empty() && !match.now.empty()) {
      auto surroundings = compare_environment(match, comparison.environment);
      surroundings.crossings = crossings_differ(match);
      auto findings = findings_of(match, surroundings, options);
      const bool usual = comparable(match);
      if (auto missing = without_value(findings, options.metrics); usual && !missing.empty())
        notes.push_back({match.base.front(), missing, Verdict::fine});
      if (findings.empty() && usual)
        notes.push_back({match.base.front(), "nothing to compare", Verdict::inconclusive});
      for (auto& found : findings) {
        comparison.findings.push_back(std::move(found.finding));
        judged.push_back(found.judged ? &match : nullptr);
      }
    }
    comparison.notes.insert(comparison.notes.end(), notes.begin(), notes.end());
  }
  comparison.means = mean_ratios(comparison.findings);
  judge(comparison, judged, repeats, drifts(matches, repeats, options, comparison.environment),
        options);
  return comparison;
}

}  // namespace sgdbench
