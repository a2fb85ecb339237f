// All findings judged together: the family is put together, judged as measured and without what the
// machine did, and each verdict is the weaker one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "results/comparison/parts.h"
#include "results/statistics.h"

namespace sgdbench {
namespace {

/// Means of fewer configurations say nothing that these don't say themselves.
constexpr std::size_t kLeastOfMean = 3;

/// A finding that is judged, and its place in Comparison::findings.
struct Member {
  std::size_t finding;
  const Match* match;
};
using Members = std::vector<Member>;

std::size_t width_of(const Metric& metric, const RunRecord& row) {
  constexpr std::size_t kMostWidths = 1'000'000;
  return static_cast<std::size_t>(metric.kind) * kMostWidths +
         std::min<std::size_t>(row.workers, kMostWidths - 1);
}

double mean_of_finite(const std::vector<double>& values) {
  double sum = 0, count = 0;
  for (const double value : values)
    if (std::isfinite(value)) sum += value, ++count;
  return count > 0 ? sum / count : kNoValue;
}

/// The mean over all things, repeat by repeat, of what each is above its own mean of BASE.
Measured mean_of(const std::vector<const Measured*>& things) {
  Measured mean{{}, {}, things.front()->allowed, static_cast<std::size_t>(-1)};
  for (const auto side : {&Measured::before, &Measured::after}) {
    std::size_t repeats = 0;
    for (const auto* thing : things) repeats = std::max(repeats, (thing->*side).size());
    for (std::size_t i = 0; i < repeats; ++i) {
      std::vector<double> values;
      for (const auto* thing : things)
        values.push_back((thing->*side)[i] - mean_of_finite(thing->before));
      (mean.*side).push_back(mean_of_finite(values));
    }
  }
  return mean;
}

/// Judges a comparison; what it is made of stays as it is.
class Judging {
 public:
  Judging(Comparison& comparison, Members members, const Repeats& repeats,
          const std::vector<Drift>& drifts, const ComparisonOptions& options)
      : c_(comparison),
        members_(std::move(members)),
        repeats_(repeats),
        drifts_(drifts),
        options_(options) {
    for (auto& mean : c_.means) {
      std::size_t count = 0;
      for (const auto& member : members_) count += finding(member).metric == mean.metric;
      if (mean.metric->kind == Metric::Kind::time && count >= kLeastOfMean) means_.push_back(&mean);
    }
  }

  void run() {
    const auto measured = family("");
    c_.families = {measured};
    c_.dealing = {options_.paired, deals_for(measured.size())};
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (is_time(members_[i])) c_.times.push_back(i);
    if (measured.empty()) return;
    allow_for_drift_within(measured);
    as_measured_ = weakest_ = judge_family(measured, c_.dealing);
    bound(measured);
    std::set<std::string_view> pieces;
    for (const auto& drift : drifts_) pieces.insert(drift.what);
    for (const auto piece : pieces) {
      c_.families.push_back(family(piece));
      weaken(weakest_, judge_family(c_.families.back(), c_.dealing));
      bound(c_.families.back());
    }
    for (std::size_t i = 0; i < members_.size(); ++i) rule(i);
    for (std::size_t i = 0; i < means_.size(); ++i) rule_mean(*means_[i], members_.size() + i);
  }

 private:
  /// So many that the largest reports take seconds; enough for alpha.
  std::size_t deals_for(std::size_t things) const {
    constexpr std::size_t kMostValues = 40'000'000;
    const auto values = things * (repeats_.before() + repeats_.after());
    const auto affordable = kMostValues / std::max<std::size_t>(values, 1);
    const auto enough = static_cast<std::size_t>(std::min(10 / alpha(), 200'000.0));
    return std::max(enough, std::min(options_.deals, affordable));
  }

  Finding& finding(const Member& member) const { return c_.findings[member.finding]; }
  bool is_time(const Member& member) const {
    return finding(member).metric->kind == Metric::Kind::time;
  }
  double alpha() const { return options_.criteria.alpha; }

  /// Where neighbouring repeats of what the machine has a part in are alike, they are worth fewer.
  void allow_for_drift_within(const std::vector<Measured>& measured) {
    std::vector<Measured> noisy;
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (finding(members_[i]).metric->noisy && !measured[i].is_event) noisy.push_back(measured[i]);
    if (noisy.empty()) return;
    const auto alike = neighbours(noisy, c_.dealing);
    c_.dealing.inflation = alike.inflation();
    if (c_.dealing.inflation > 1)
      c_.environment.push_back(fmt::format(
          "neighbouring repeats are alike (correlation {:.2f}, p = {:.3f}): something drifted "
          "within a report, so standard errors are taken to be {:.1f} times as large; `paired` "
          "needs no such thing",
          alike.correlation, alike.p, c_.dealing.inflation));
  }

  /// Of every member, then of the means; without what the machine did by `piece`, if any.
  std::vector<Measured> family(std::string_view piece) const {
    std::vector<Measured> things;
    for (const auto& member : members_) {
      const auto& metric = *finding(member).metric;
      const auto value = [&](const RunRecord& row) {
        const auto found = value_of(metric, row);
        return found ? on_scale(metric, *found) : kNoValue;
      };
      const auto& row = *finding(member).base;
      things.push_back({repeats_.values(false, member.match->base, value),
                        repeats_.values(true, member.match->now, value),
                        allowed(metric, options_.criteria), width_of(metric, row),
                        metric.kind == Metric::Kind::event});
      if (!is_time(member)) continue;
      for (const auto& drift : drifts_)
        if (drift.what == piece && drift.workers == row.workers) take_off(things.back(), drift);
    }
    for (const auto* mean : means_) {
      std::vector<const Measured*> of_metric;
      for (std::size_t i = 0; i < members_.size(); ++i)
        if (finding(members_[i]).metric == mean->metric) of_metric.push_back(&things[i]);
      things.push_back(mean_of(of_metric));
    }
    return things;
  }

  static void weaken(std::vector<Judged>& weakest, const std::vector<Judged>& judged) {
    for (std::size_t i = 0; i < judged.size(); ++i) {
      weakest[i].worse = std::max(weakest[i].worse, judged[i].worse);
      weakest[i].not_worse = std::max(weakest[i].not_worse, judged[i].not_worse);
    }
  }

  /// What the machine did to this member, in the direction that weakens the verdict; null if
  /// nothing.
  const Drift* drift_of(const Member& member, bool slower) const {
    for (const auto& drift : drifts_)
      if (drift.workers == finding(member).base->workers &&
          (slower ? drift.slower || drift.unread : drift.faster))
        return &drift;
    return nullptr;
  }

  /// Whether a piece of work could not be timed beside this member's runs in NEW.
  bool unread(const Member& member) const {
    return is_time(member) && std::any_of(drifts_.begin(), drifts_.end(), [&](const Drift& drift) {
             return drift.unread && drift.workers == finding(member).base->workers;
           });
  }

  /// What the machine may have done is part of what is not known of a change.
  void bound(const std::vector<Measured>& things) {
    if (!options_.intervals) return;
    const auto lows = lower_bounds(things, c_.dealing, alpha()),
               highs = lower_bounds(turned(things), c_.dealing, alpha());
    bounds_.resize(things.size(), {HUGE_VAL, -HUGE_VAL});
    for (std::size_t i = 0; i < things.size(); ++i) {
      bounds_[i].low = std::min(bounds_[i].low, lows[i]);
      bounds_[i].high = std::max(bounds_[i].high, -highs[i]);
    }
  }

  /// From where a change is larger if it is worse, to the metric's own values.
  void show_bounds(Finding& found, ConfidenceInterval bounds) const {
    if (std::isinf(bounds.low) && std::isinf(bounds.high)) return;
    const double sign = worse_sign(*found.metric);
    const bool points = found.metric->kind == Metric::Kind::points;
    const auto shown = [&](double x) { return points ? sign * x : std::exp(sign * x); };
    if (sign < 0) std::swap(bounds.low, bounds.high);
    bounds = {shown(bounds.low), shown(bounds.high)};
    // What is in the middle of all differences may not be what the test looks at.
    if (found.change) bounds.low = std::min(bounds.low, *found.change);
    if (found.change) bounds.high = std::max(bounds.high, *found.change);
    found.change_interval = bounds;
  }

  void rule(std::size_t i) {
    const auto& member = members_[i];
    auto& found = finding(member);
    if (!bounds_.empty()) show_bounds(found, bounds_[i]);
    found.p = weakest_[i].worse;
    found.verdict = Verdict::inconclusive;
    const auto* slower = is_time(member) ? drift_of(member, true) : nullptr;
    const auto* faster = is_time(member) ? drift_of(member, false) : nullptr;
    if (weakest_[i].worse <= alpha() && !unread(member)) {
      found.verdict = Verdict::regression;
    } else if (as_measured_[i].worse <= alpha()) {
      found.remark = fmt::format("the machine itself may have been slower{}: `paired` tells",
                                 slower ? fmt::format(" at {}", slower->what) : "");
    } else if (found.metric->kind == Metric::Kind::event) {
      rule_event(found);
    } else if (weakest_[i].not_worse <= alpha()) {
      rule_fine(member, !bounds_.empty() && bounds_[i].high < 0);
    } else if (as_measured_[i].not_worse <= alpha()) {
      found.remark = fmt::format("the machine itself was faster{}",
                                 faster ? fmt::format(" at {}", faster->what) : "");
    } else {
      found.remark = what_would_decide(found, options_);
    }
  }

  static double share_of(const Rows& rows) {
    static const auto& misses = *metric_called("misses");
    double count = 0, missed = 0;
    for (const auto* row : rows)
      if (const auto value = value_of(misses, *row)) ++count, missed += *value;
    return count > 0 ? missed / count : 0;
  }

  void rule_event(Finding& found) const {
    const auto mean = [](const std::vector<double>& values) { return mean_of_finite(values); };
    if (mean(found.after.values) <= mean(found.before.values)) {
      found.verdict = Verdict::fine;
      return;
    }
    const auto least = sgdbench::least_repeats(alpha(), options_.paired);
    const bool few = std::min(found.before.values.size(), found.after.values.size()) < least;
    found.remark =
        few ? fmt::format("more than before; needs at least {} {}", least, unit_of(options_))
            : "more than before, which may be chance";
  }

  /// The lucky ones alone would pass for all.
  static std::string why_not_fine(const Member& member) {
    const auto stopped =
        std::count_if(member.match->now.begin(), member.match->now.end(),
                      [](const RunRecord* row) { return row->status == "interrupted"; });
    if (share_of(member.match->now) > share_of(member.match->base))
      return "where it comes through; NEW misses more often";
    if (stopped > 0)
      return fmt::format("{} of {} repeats of NEW were interrupted", stopped,
                         member.match->now.size());
    return "";
  }

  void rule_fine(const Member& member, bool improved) const {
    auto& found = finding(member);
    found.remark = why_not_fine(member);
    if (found.remark.empty()) {
      found.verdict = Verdict::fine;
      found.improved = improved;
    }
  }

  void rule_mean(MeanRatio& mean, std::size_t i) const {
    bool any_unread = false, all_fine = true;
    for (const auto& member : members_) {
      if (finding(member).metric != mean.metric) continue;
      any_unread = any_unread || unread(member);
      all_fine = all_fine && why_not_fine(member).empty();
    }
    mean.p = weakest_[i].worse;
    mean.verdict = weakest_[i].worse <= alpha() && !any_unread    ? Verdict::regression
                   : weakest_[i].not_worse <= alpha() && all_fine ? Verdict::fine
                                                                  : Verdict::inconclusive;
  }

  Comparison& c_;
  const Members members_;
  const Repeats& repeats_;
  const std::vector<Drift>& drifts_;
  const ComparisonOptions& options_;
  std::vector<MeanRatio*> means_;
  std::vector<Judged> as_measured_, weakest_;
  std::vector<ConfidenceInterval> bounds_;  ///< of changes, the widest
};

}  // namespace

void judge(Comparison& comparison, const std::vector<const Match*>& match_of_finding,
           const Repeats& repeats, const std::vector<Drift>& drifts,
           const ComparisonOptions& options) {
  Members members;
  for (std::size_t i = 0; i < comparison.findings.size(); ++i)
    if (match_of_finding[i]) members.push_back({i, match_of_finding[i]});
  Judging(comparison, std::move(members), repeats, drifts, options).run();
}

}  // namespace sgdbench
