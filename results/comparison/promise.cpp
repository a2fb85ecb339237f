// What a comparison promises: what it could have found, and what reports like these would need.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/comparison/parts.h"
#include "results/statistics.h"
#include "results/statistics/deals.h"
#include "results/statistics/family.h"

namespace sgdbench {

std::vector<FoundShare> could_find(const Comparison& comparison, const Criteria& criteria,
                                   std::span<const double> changes) {
  std::vector<FoundShare> found;
  if (comparison.times.empty()) return found;
  std::vector<double> logarithms;
  for (const double change : changes) logarithms.push_back(std::log1p(change));
  for (const double change : changes) found.push_back({change, 1});
  for (const auto& family : comparison.families) {
    const auto shares =
        chances(family, comparison.times, comparison.dealing, criteria.alpha, logarithms);
    for (std::size_t i = 0; i < shares.size(); ++i)
      found[i].share = std::min(found[i].share, shares[i]);
  }
  return found;
}

double gate_share(const std::vector<RunRecord>& rows, double change) {
  ComparisonOptions options;
  options.ignore_environment = true;
  options.deals = 1000;
  options.intervals = false;
  const auto found = could_find(compare(rows, rows, options), options.criteria, {&change, 1});
  return found.empty() ? 1 : found[0].share;
}

FoundCount test_gate(const Comparison& comparison, const Criteria& criteria, double change,
                     std::size_t trials) {
  return count_found(comparison.families.at(0), comparison.times, comparison.dealing,
                     criteria.alpha, std::log1p(change), trials);
}

namespace {

/// Of a suite on a machine whose runs scatter by `spread`, n repeats a side.
double share_found(double spread, std::size_t n, double change) {
  const Criteria criteria;
  std::mt19937_64 random(1);
  std::vector<Measured> family(kSuite);
  std::vector<std::size_t> all;
  for (auto& thing : family) {
    all.push_back(all.size());
    thing.allowed = std::log1p(criteria.max_regression);
    for (auto* side : {&thing.before, &thing.after}) {
      for (std::size_t i = 1; i <= n; ++i)  // normal scores (Blom 1958)
        side->push_back(spread * normal_quantile((static_cast<double>(i) - 0.375) /
                                                 (static_cast<double>(n) + 0.25)));
      for (std::size_t i = n; i > 1; --i) std::swap((*side)[i - 1], (*side)[draw_below(random, i)]);
    }
  }
  const double by = std::log1p(change);
  constexpr std::size_t kDeals = 400;
  return chances(family, all, {false, kDeals}, criteria.alpha, {&by, 1})[0];
}

}  // namespace

std::optional<double> found_slowdown(double spread, std::size_t repeats) {
  double low = 0, high = 8;
  if (share_found(spread, repeats, high) < kGateShare) return std::nullopt;
  while (high - low > 0.002 + 0.01 * low) {
    const double middle = (low + high) / 2;
    (share_found(spread, repeats, middle) < kGateShare ? low : high) = middle;
  }
  return high;
}

std::optional<std::size_t> repeats_to_find(double spread, double change) {
  constexpr std::size_t kMost = 256;
  std::size_t low = least_repeats(Criteria{}.alpha, false) - 1, high = low + 1;
  while (share_found(spread, high, change) < kGateShare) {
    if (high >= kMost) return std::nullopt;
    low = high;
    high = std::min(2 * high, kMost);
  }
  while (high - low > 1) {
    const auto middle = (low + high) / 2;
    (share_found(spread, middle, change) < kGateShare ? low : high) = middle;
  }
  return high;
}

// Repeats that would decide if centre and spread stayed as they are: half-widths of intervals go
// with 1/√n, and one of them must fit beside the threshold.
std::string what_would_decide(const Finding& found, const ComparisonOptions& options) {
  /// More repeats than a user makes, and more than any number means.
  constexpr double kMany = 1000, kEndless = 1e6;
  const auto* unit = unit_of(options);
  const double alpha = options.criteria.alpha;
  const auto n = std::min(found.before.values.size(), found.after.values.size());
  const auto least = least_repeats(alpha, options.paired);
  if (n < least) return fmt::format("needs at least {} {}", least, unit);
  if (!found.change || !found.change_interval) return fmt::format("needs more than {} {}", n, unit);
  const auto scale = [&](double x) { return on_scale(*found.metric, x); };
  const double half =
      std::abs(scale(found.change_interval->high) - scale(found.change_interval->low)) / 2;
  const double beyond = std::abs(scale(*found.change) - allowed(*found.metric, options.criteria));
  if (!std::isfinite(half) || !std::isfinite(beyond))
    return "too many repeats have no value to tell how many more are needed";
  const double needed = static_cast<double>(n) * std::pow(half / beyond, 2);
  if (!(needed <= kEndless)) return fmt::format("no number of {}: it lies on the threshold", unit);
  if (needed > kMany) return fmt::format("more than {:.0f} {} would decide", kMany, unit);
  return fmt::format("about {:.0f} {} would decide",
                     std::max(std::ceil(needed), static_cast<double>(n + 1)), unit);
}

}  // namespace sgdbench
