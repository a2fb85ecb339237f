// What a gate could have found.
//
// The samples' own scatter, without what differs between the sides, is dealt anew; one thing is
// made worse; and its p-value is counted as judge_family() does. What all other things do in each
// deal is counted once: they don't change.
#include <algorithm>
#include <cmath>

#include "results/statistics.h"
#include "results/statistics/deals.h"

namespace sgdbench {
namespace {

constexpr std::size_t kTrials = 400;
constexpr std::size_t kMostDeals = 1000;

/// The values about 0, with the scatter that what they are drawn from has: about their own middle,
/// samples scatter less.
std::vector<double> about_zero(const std::vector<double>& values) {
  std::vector<double> finite;
  for (const double value : values)
    if (std::isfinite(value)) finite.push_back(value);
  if (finite.size() < 2) return values;
  const double centre = median(finite);
  const auto n = static_cast<double>(finite.size());
  auto moved = values;
  for (double& value : moved) value = (value - centre) * std::sqrt(n / (n - 1));
  return moved;
}

/// The same without any difference between the sides.
Measured without_change(Measured measured, bool paired) {
  measured.allowed = 0;
  if (measured.is_event) return measured;
  if (paired) {
    measured.before.resize(measured.after.size(), kNoValue);
    for (std::size_t i = 0; i < measured.after.size(); ++i) {
      measured.after[i] -= measured.before[i];
      measured.before[i] = 0;
    }
  } else {
    measured.before = about_zero(measured.before);
  }
  measured.after = about_zero(measured.after);
  return measured;
}

Measured deal_out(const Measured& measured, std::size_t before, const Deal& deal, bool paired) {
  Measured dealt{{}, {}, 0, measured.width, measured.is_event};
  if (paired) {
    dealt = measured;
    for (std::size_t i = 0; i < dealt.after.size(); ++i)
      if (deal[i] != 0) dealt.after[i] = -dealt.after[i];
    return dealt;
  }
  const auto add = [&](const std::vector<double>& values, std::size_t first) {
    for (std::size_t i = 0; i < values.size(); ++i)
      (deal[first + i] != 0 ? dealt.after : dealt.before).push_back(values[i]);
  };
  add(measured.before, 0);
  add(measured.after, before);
  return dealt;
}

}  // namespace

std::vector<double> chances(std::span<const Measured> family, std::span<const std::size_t> things,
                            const Dealing& dealing, double alpha, std::span<const double> changes) {
  std::vector<Measured> still;
  for (const auto& measured : family) still.push_back(without_change(measured, dealing.paired));
  std::vector<double> found(changes.size());
  FamilyStatistics statistics(still, dealing.paired);
  const std::size_t before = statistics.before(), after = statistics.after();
  auto fewer = dealing;
  fewer.most = std::min(dealing.most, kMostDeals);
  Deals deals(before, after, fewer);
  const auto most_as_large =
      static_cast<std::size_t>(alpha * static_cast<double>(deals.size()) + 1e-9);
  if (things.empty() || before == 0 || after == 0 || most_as_large == 0) return found;

  std::vector<Deal> all;
  std::vector<double> largest;
  std::vector<double> typical(still.size());
  for (std::size_t d = 0; d < deals.size(); ++d) {
    all.push_back(deals.next());
    const auto& now = statistics.at(all.back());
    largest.push_back(*std::max_element(now.begin(), now.end()));
    if (d == 0)
      for (std::size_t i = 0; i < still.size(); ++i) typical[i] = statistics.typical_variance(i);
  }
  std::mt19937_64 random(dealing.seed);
  for (std::size_t c = 0; c < changes.size(); ++c) {
    std::size_t hits = 0;
    for (std::size_t trial = 0; trial < kTrials; ++trial) {
      const auto i = things[trial % things.size()];
      auto dealt = deal_out(still[i], before, all[draw_below(random, all.size())], dealing.paired);
      for (double& value : dealt.after) value += changes[c];
      dealt.allowed = family[i].allowed;
      const Dealt one(dealt, before, after, dealing.paired);
      const double observed = statistic_of(one.contrast(all[0]), false, typical[i]);
      std::size_t as_large = 1;  // itself
      for (std::size_t d = 1; d < all.size() && as_large <= most_as_large; ++d)
        as_large += std::max(largest[d], statistic_of(one.contrast(all[d]), false, typical[i])) >=
                    observed - 1e-9;
      hits += as_large <= most_as_large;
    }
    found[c] = (1 - kOrderMatters) * static_cast<double>(hits) / kTrials;
  }
  return found;
}

std::size_t count_found(std::span<const Measured> family, std::span<const std::size_t> things,
                        const Dealing& dealing, double alpha, double change, std::size_t trials) {
  if (things.empty()) return 0;
  std::vector<Measured> still;
  std::size_t before = 0, after = 0;
  for (const auto& measured : family) {
    still.push_back(without_change(measured, dealing.paired));
    before = std::max(before, still.back().before.size());
    after = std::max(after, still.back().after.size());
  }
  auto drawn = dealing;
  drawn.most = std::min(dealing.most, kMostDeals);
  auto one_of = dealing;
  one_of.most = trials;
  Deals deals(before, after, one_of);
  std::size_t found = 0;
  for (std::size_t trial = 0; trial < std::min(trials, deals.size()); ++trial) {
    const auto& deal = deals.next();
    std::vector<Measured> dealt;
    for (std::size_t i = 0; i < still.size(); ++i) {
      dealt.push_back(deal_out(still[i], before, deal, dealing.paired));
      dealt.back().allowed = family[i].allowed;
    }
    for (double& value : dealt[things[trial % things.size()]].after) value += change;
    std::vector<Measured> changeable;
    for (const auto i : things) changeable.push_back(dealt[i]);
    drawn.seed = dealing.seed + trial;
    const auto judged = judge_family(dealt, drawn);
    const bool any = std::any_of(things.begin(), things.end(),
                                 [&](std::size_t i) { return judged[i].worse <= alpha; });
    found += any && order_matters(changeable, drawn) > kOrderMatters;
  }
  return found;
}

}  // namespace sgdbench
