// Within one report: which configurations that differ in one column differ in time.
//
// The idea: two configurations are held against each other where nothing but the column tells them
// apart, what the program chose itself and what only one of them has (a protocol) aside. Every
// pair is asked in both directions, and all pairs of the report are one family.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include "results/comparison/comparison.h"
#include "results/comparison/parts.h"
#include "results/fields.h"
#include "results/outcome.h"
#include "results/statistics/ranks.h"

namespace sgdbench {
namespace {

/// Whether the two differ in the column, and in nothing else that was asked for.
bool differ_in(const RunField& by, const RunRecord& a, const RunRecord& b) {
  static const auto settings = columns_that_are(kSetting);
  if (by.get(a) == by.get(b)) return false;
  return std::all_of(settings.begin(), settings.end(), [&](const RunField& column) {
    const auto x = column.get(a), y = column.get(b);
    const bool one_has_it =
        std::holds_alternative<std::monostate>(x) || std::holds_alternative<std::monostate>(y);
    return column.name == by.name || x == y || one_has_it ||
           (chose(a, column.name) && chose(b, column.name));
  });
}

/// ln of the times in the slots of `repeats`; `times` is one of the three of Times.
std::vector<double> by_repeat(const Times& all, const std::vector<double>& times,
                              const std::set<std::uint64_t>& repeats) {
  std::vector<double> values(repeats.size(), kNoValue);
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto place = std::distance(repeats.begin(), repeats.find(all.repeats[i]));
    values[static_cast<std::size_t>(place)] = std::log(times[i]);
  }
  return values;
}

/// Of the repeats that both have.
std::vector<double> paired_with(const std::vector<double>& logarithms,
                                const std::vector<double>& others) {
  std::vector<double> values;
  for (std::size_t i = 0; i < logarithms.size(); ++i)
    if (!std::isnan(logarithms[i]) && !std::isnan(others[i]))
      values.push_back(std::exp(logarithms[i]));
  return values;
}

/// One way to hold two configurations against each other: a's times and b's.
struct Held {
  std::vector<double> a, b;
  std::optional<double> shift(bool paired) const {
    const auto x = paired_with(a, paired ? b : a), y = paired_with(b, paired ? a : b);
    return paired ? shift_of_pairs(x, y) : shift_between(x, y);
  }
};

TimesDiffer turned(const TimesDiffer& difference) {
  const auto inverse = [](double factor) { return 1 / factor; };
  TimesDiffer other;
  if (difference.ratio) other.ratio = inverse(*difference.ratio);
  if (difference.interval)
    other.interval =
        ConfidenceInterval{inverse(difference.interval->high), inverse(difference.interval->low)};
  other.p = difference.p_other;
  other.p_other = difference.p;
  other.a_is_faster = difference.b_is_faster;
  other.b_is_faster = difference.a_is_faster;
  return other;
}

}  // namespace

std::vector<TimesDiffer> differences(std::span<const PairOfTimes> pairs, const Criteria& criteria) {
  std::set<std::uint64_t> repeats;
  for (const auto& [a, b] : pairs)
    for (const auto* times : {a, b}) repeats.insert(times->repeats.begin(), times->repeats.end());
  const bool paired = repeats.size() >= least_repeats(criteria.alpha, true);
  std::vector<TimesDiffer> found;
  std::vector<Measured> family;
  for (const auto& pair : pairs) {
    const auto held = [&](auto Times::*of_a, auto Times::*of_b) {
      return Held{by_repeat(*pair.a, pair.a->*of_a, repeats),
                  by_repeat(*pair.b, pair.b->*of_b, repeats)};
    };
    // What the curve's points leave open counts against whoever is to be the faster one.
    const auto closest = held(&Times::highs, &Times::lows);
    const auto farthest = held(&Times::lows, &Times::highs);
    const std::size_t width = found.size();
    family.push_back({closest.a, closest.b, 0, width});
    family.push_back({farthest.b, farthest.a, 0, width});
    auto& differ = found.emplace_back();
    if (const auto shift = held(&Times::values, &Times::values).shift(paired))
      differ.ratio = std::exp(*shift);
  }
  const auto judged = judge_family(family, {paired});
  const auto bounds = lower_bounds(family, {paired}, criteria.alpha);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double low = bounds[2 * i], high = -bounds[2 * i + 1];
    if (std::isfinite(low) && std::isfinite(high) && found[i].ratio)
      found[i].interval = ConfidenceInterval{std::min(std::exp(low), *found[i].ratio),
                                             std::max(std::exp(high), *found[i].ratio)};
    found[i].p = judged[2 * i].worse;
    found[i].p_other = judged[2 * i + 1].worse;
    found[i].a_is_faster = found[i].p <= criteria.alpha;
    found[i].b_is_faster = !found[i].a_is_faster && found[i].p_other <= criteria.alpha;
  }
  return found;
}

std::vector<PairFinding> compare_within(const std::vector<RunRecord>& runs, std::string_view column,
                                        const Criteria& criteria) {
  const auto fields = run_fields();
  const auto by = std::find_if(fields.begin(), fields.end(),
                               [&](const RunField& field) { return field.name == column; });
  struct Configuration {
    const RunRecord* row;
    Times times;
  };
  std::vector<Configuration> configurations;
  std::vector<std::string> lines;
  for (const auto& match : match_configurations(runs, {}, lines)) {
    auto times = standing_of(match.base).times;
    if (!times.values.empty()) configurations.push_back({match.base.front(), std::move(times)});
  }
  constexpr std::size_t kMostJudged = 10'000;  // seconds, and more than anyone reads
  std::vector<PairFinding> found;
  std::vector<PairOfTimes> pairs;
  for (std::size_t i = 0; i < configurations.size(); ++i)
    for (std::size_t j = i + 1; j < configurations.size(); ++j) {
      const auto& a = configurations[i];
      const auto& b = configurations[j];
      if (by == fields.end() || !same_goal(*a.row, *b.row) || !differ_in(*by, *a.row, *b.row))
        continue;
      if (pairs.size() == kMostJudged)
        throw std::length_error(fmt::format(
            "more than {} pairs of configurations differ in {} alone", kMostJudged, column));
      found.push_back({a.row, b.row, {}});
      pairs.push_back({&a.times, &b.times});
    }
  const auto differ = differences(pairs, criteria);
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto& [a, b, difference] = found[i];
    difference = differ[i];
    if (difference.p <= difference.p_other) continue;
    std::swap(a, b);  // the faster one first
    difference = turned(difference);
  }
  return found;
}

}  // namespace sgdbench
