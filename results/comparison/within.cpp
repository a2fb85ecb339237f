// Within one report: which configurations that differ in one column differ in time.
//
// The idea: two configurations are held against each other where nothing but the column tells them
// apart, what the program chose itself and what only one of them has (a protocol) aside. Every
// pair is asked in both directions, and all pairs of the report are one family. Repeats of one
// number share their seed and their minute, so from seven on they are pairs; fewer are dealt
// between the two.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "results/comparison/comparison.h"
#include "results/comparison/parts.h"
#include "results/fields.h"
#include "results/outcome.h"

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

using Times = std::map<std::uint64_t, double>;  ///< logarithms, by repeat

Times times_of(const Rows& rows) {
  Times times;
  for (const auto* row : rows)
    if (outcome_of(*row).counts) times[row->repeat] = std::log(time_of(*row));
  return times;
}

std::vector<double> by_repeat(const Times& times, const std::set<std::uint64_t>& repeats) {
  std::vector<double> values;
  for (const auto repeat : repeats) {
    const auto found = times.find(repeat);
    values.push_back(found == times.end() ? kNoValue : found->second);
  }
  return values;
}

std::vector<double> factors(const std::vector<double>& logarithms) {
  std::vector<double> values;
  for (const double value : logarithms) values.push_back(std::exp(value));
  return values;
}

}  // namespace

WithinComparison compare_within(const std::vector<RunRecord>& runs, std::string_view column,
                                const Criteria& criteria) {
  const auto fields = run_fields();
  const auto by = std::find_if(fields.begin(), fields.end(),
                               [&](const RunField& field) { return field.name == column; });
  WithinComparison comparison;
  std::vector<std::string> lines;
  std::vector<Rows> configurations;
  std::set<std::uint64_t> repeats;
  for (auto& match : match_configurations(runs, {}, lines)) {
    const auto times = times_of(match.base);
    if (times.empty()) continue;
    for (const auto& [repeat, time] : times) repeats.insert(repeat);
    configurations.push_back(std::move(match.base));
  }
  comparison.paired = repeats.size() >= least_repeats(criteria.alpha, true);
  std::vector<Measured> family;
  for (std::size_t i = 0; i < configurations.size(); ++i)
    for (std::size_t j = i + 1; j < configurations.size(); ++j) {
      const auto& a = *configurations[i].front();
      const auto& b = *configurations[j].front();
      if (by == fields.end() || !same_goal(a, b) || !differ_in(*by, a, b)) continue;
      const auto x = by_repeat(times_of(configurations[i]), repeats);
      const auto y = by_repeat(times_of(configurations[j]), repeats);
      family.push_back({x, y, 0, family.size() / 2});
      family.push_back({y, x, 0, family.size() / 2});
      auto& pair = comparison.pairs.emplace_back();
      pair.a = &a;
      pair.b = &b;
      std::vector<double> both[2];
      for (std::size_t r = 0; r < x.size(); ++r)
        if (!std::isnan(x[r]) && !std::isnan(y[r]))
          both[0].push_back(x[r]), both[1].push_back(y[r]);
      const auto shift =
          comparison.paired
              ? shift_of_pairs(factors(both[0]), factors(both[1]), criteria.confidence())
              : shift_between(factors(both[0]), factors(both[1]), criteria.confidence());
      if (shift.centre) pair.ratio = std::exp(*shift.centre);
    }
  const auto judged = judge_family(family, {comparison.paired});
  for (std::size_t i = 0; i < comparison.pairs.size(); ++i) {
    auto& pair = comparison.pairs[i];
    pair.p = std::min(judged[2 * i].worse, judged[2 * i + 1].worse);
    pair.differ = pair.p <= criteria.alpha;
    if (judged[2 * i + 1].worse < judged[2 * i].worse) {  // the faster one first
      std::swap(pair.a, pair.b);
      if (pair.ratio) pair.ratio = 1 / *pair.ratio;
    }
  }
  return comparison;
}

}  // namespace sgdbench
