// What a family does in each deal without any change, counted once: for one thing after another,
// with a change, to be held against.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "results/statistics/contrasts.h"
#include "results/statistics/deals.h"
#include "results/statistics/family.h"

namespace sgdbench {

/// So few that they can be looked at many times, but so many that alpha is several of them.
Dealing fewer_deals(Dealing dealing, double alpha);

class Background {
 public:
  /// Looks at fewer deals than the gate does.
  Background(std::span<const Measured> family, const Dealing& dealing, double alpha);
  std::size_t before() const { return statistics_.before(); }
  std::size_t after() const { return statistics_.after(); }
  std::size_t deals() const { return tops_.size(); }
  Deal deal(std::size_t i) const { return deal_of(blocks_[i / kTogether], i % kTogether); }
  /// Whether anything can be among the alpha most striking of so many deals.
  bool decides() const { return most_as_large_ > 0; }

  /// Whether `measured`, in the place of the i-th thing, is found worse in the deal that was
  /// observed, as judge_family() would.
  bool finds(const Measured& measured, std::size_t i) const;

 private:
  /// The largest statistic of all things, and the largest of all others.
  struct Top {
    double largest = -HUGE_VAL, second = -HUGE_VAL;
    std::size_t thing = 0;
    double without(std::size_t i) const { return i == thing ? second : largest; }
  };
  FamilyStatistics statistics_;
  bool paired_;
  double inflation_;
  std::size_t most_as_large_ = 0;
  std::vector<DealBlock> blocks_;
  std::vector<Top> tops_;         ///< of each deal
  std::vector<Typical> typical_;  ///< of each block and each group of things
};

}  // namespace sgdbench
