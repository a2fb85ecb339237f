// What a comparison promises: what it could have found, and what reports like these would need.
#include <algorithm>
#include <cmath>

#include "results/comparison/comparison.h"
#include "results/statistics.h"
#include "results/statistics/deals.h"

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

}  // namespace sgdbench
