#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/comparison/comparison.h"
#include "results/statistics.h"
#include "results/statistics/ranks.h"

namespace sgdbench {
namespace {

/// More repeats than a user makes, and more than any number means.
constexpr double kMany = 1000, kEndless = 1e6;

/// Fewer can neither be significant nor have an interval.
std::size_t least_repeats(const Evidence& e, const Criteria& c) {
  const double p = std::min(c.alpha / static_cast<double>(e.family), 1 - c.confidence);
  return e.paired ? least_pairs(p) : least_samples(p);
}

/// Repeats that would decide if centre and spread stayed as they are; half-widths h go with 1/√n.
///   beyond the threshold t:  c − h·√(n₀/n) > t  and  c·z_conf/h·√(n/n₀) > z_alpha
///   within it:               c + h·√(n₀/n) ≤ t
double deciding_repeats(const Evidence& e, const Criteria& c) {
  const double threshold = std::log1p(c.max_regression), centre = *e.worse.centre;
  const auto repeats = static_cast<double>(e.repeats);
  const auto times = [](double ratio) { return ratio * ratio; };
  if (centre <= threshold)
    return repeats * times((e.worse.interval->high - centre) / (threshold - centre));
  const double half = centre - e.worse.interval->low;
  const double z = normal_two_sided(c.alpha / static_cast<double>(e.family)) /
                   normal_two_sided(1 - c.confidence);
  return std::max({repeats * times(half / (centre - threshold)), repeats * times(z * half / centre),
                   static_cast<double>(least_repeats(e, c))});
}

std::string what_would_decide(const Evidence& e, const Criteria& c) {
  const auto unit = e.paired ? "rounds" : "repeats a side";
  const auto least = least_repeats(e, c);
  if (!e.worse.interval || !e.worse.centre)
    return fmt::format("needs at least {} {}", std::max(least, e.repeats + 1), unit);
  if (!std::isfinite(*e.worse.centre) || !std::isfinite(e.worse.interval->low) ||
      !std::isfinite(e.worse.interval->high))
    return e.repeats < least ? fmt::format("needs at least {} {}", least, unit)
                             : "too many repeats have no value to tell how many more are needed";
  const double needed = deciding_repeats(e, c);
  if (!(needed <= kEndless)) return fmt::format("no number of {}: it lies on the threshold", unit);
  if (needed > kMany) return fmt::format("more than {:.0f} {} would decide", kMany, unit);
  return fmt::format("about {:.0f} {} would decide",
                     std::max(std::ceil(needed), static_cast<double>(e.repeats + 1)), unit);
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

Ruling decide(const Evidence& evidence, const Criteria& criteria) {
  const double threshold = std::log1p(criteria.max_regression);
  const bool significant = evidence.p < criteria.alpha;
  const auto& interval = evidence.worse.interval;
  const Drift& drift = evidence.drift;
  if (interval && interval->high + drift.surely_faster <= threshold)
    return {Verdict::fine, significant && interval->high + drift.faster < 0, ""};
  if (interval && interval->high <= threshold)
    return {Verdict::inconclusive, false,
            fmt::format("the machine itself was {:.0f} % faster",
                        100 * std::expm1(drift.surely_faster))};
  if (interval && interval->low > threshold && significant) {
    if (interval->low - drift.slower > threshold) return {Verdict::regression, false, ""};
    return {Verdict::inconclusive, false,
            fmt::format("the machine itself may have been {:.0f} % slower at {}: `paired` tells",
                        100 * std::expm1(drift.slower), drift.what)};
  }
  return {Verdict::inconclusive, false, what_would_decide(evidence, criteria)};
}

}  // namespace sgdbench
