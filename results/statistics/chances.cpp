// What a gate could have found.
//
// The samples' own scatter, without what differs between the sides, is dealt anew; one thing is
// made worse; and its p-value is counted as judge_family() does. What all other things do in each
// deal is counted once: they don't change.
#include <algorithm>
#include <cmath>

#include "results/statistics/background.h"
#include "results/statistics/contrasts.h"
#include "results/statistics/deals.h"
#include "results/statistics/family.h"

namespace sgdbench {
namespace {

constexpr std::size_t kMostTrials = 400, kLeastTrials = 20;

/// As many as take seconds: each looks at every value in every deal.
std::size_t trials_of(std::size_t values, std::size_t deals, std::size_t changes) {
  constexpr double kMostValues = 4e8;
  const double cost = static_cast<double>(values) * static_cast<double>(deals * changes);
  return std::clamp(static_cast<std::size_t>(kMostValues / std::max(cost, 1.0)), kLeastTrials,
                    kMostTrials);
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
  std::vector<double> found(changes.size());
  if (things.empty()) return found;
  const Background background(family, dealing, alpha);
  if (!background.decides()) return found;
  std::vector<Measured> still;
  for (const auto& measured : family) still.push_back(without_change(measured, dealing.paired));
  const std::size_t before = background.before();
  std::mt19937_64 random(dealing.seed);
  const auto trials = trials_of(before + background.after(), background.deals(), changes.size());
  for (std::size_t c = 0; c < changes.size(); ++c) {
    std::size_t hits = 0;
    for (std::size_t trial = 0; trial < trials; ++trial) {
      const auto i = things[trial % things.size()];
      const auto deal = background.deal(draw_below(random, background.deals()));
      auto dealt = deal_out(still[i], before, deal, dealing.paired);
      for (double& value : dealt.after) value += changes[c];
      dealt.allowed = family[i].allowed;
      hits += background.finds(dealt, i);
    }
    found[c] = static_cast<double>(hits) / static_cast<double>(trials);
  }
  return found;
}

FoundCount count_found(std::span<const Measured> family, std::span<const std::size_t> things,
                       const Dealing& dealing, double alpha, double change, std::size_t trials) {
  if (things.empty()) return {};
  std::vector<Measured> still;
  std::size_t before = 0, after = 0;
  for (const auto& measured : family) {
    still.push_back(without_change(measured, dealing.paired));
    before = std::max(before, still.back().before.size());
    after = std::max(after, still.back().after.size());
  }
  auto drawn = fewer_deals(dealing, alpha);
  auto one_of = dealing;
  one_of.most = trials;
  Deals deals(before, after, one_of);
  FoundCount count{0, std::min(trials, deals.size())};
  for (std::size_t trial = 0; trial < count.trials; ++trial) {
    const auto& deal = deals.next();
    std::vector<Measured> dealt;
    for (std::size_t i = 0; i < still.size(); ++i) {
      dealt.push_back(deal_out(still[i], before, deal, dealing.paired));
      dealt.back().allowed = family[i].allowed;
    }
    for (double& value : dealt[things[trial % things.size()]].after) value += change;
    drawn.seed = dealing.seed + trial;
    const auto judged = judge_family(dealt, drawn);
    count.found += std::any_of(things.begin(), things.end(),
                               [&](std::size_t i) { return judged[i].worse <= alpha; });
  }
  return count;
}

}  // namespace sgdbench
