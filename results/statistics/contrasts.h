// The statistic of a thing that was measured, in each of some deals of its repeats.
//
// Nothing branches on where a repeat was dealt: that is a coin, which no processor can foretell.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "results/statistics/deals.h"
#include "results/statistics/family.h"

namespace sgdbench {

/// What a statistic is made of, deal by deal.
struct Contrasts {
  EachDeal difference;
  /// The variance of the difference is the sum of variance · scale: of each side of its own,
  /// because one report may be noisier than the other. Pairs and events have the first alone.
  struct Term {
    EachDeal variance, scale, freedom;
  };
  Term terms[2];
  bool exists(std::size_t deal) const { return terms[0].scale[deal] > 0; }
};

/// Variances of one value that are usual on each side.
struct Typical {
  EachDeal sides[2];
};

/// The differences over their standard errors; the variances drawn towards `typical` unless they
/// are an event's. −∞ where there is no statistic.
void statistics_of(const Contrasts& contrasts, bool is_event, const Typical& typical,
                   EachDeal& statistics);

/// What is equal on paper must not be found smaller.
inline double just_below(double statistic) {
  return statistic - 1e-9 * std::max(1.0, std::abs(statistic));
}

/// The same without any difference between the sides, nor anything that is allowed.
Measured without_change(Measured measured, bool paired);

/// One thing that was measured, made ready to be dealt again and again.
class Dealt {
 public:
  Dealt(const Measured& measured, std::size_t before, std::size_t after, bool paired);
  Contrasts contrasts(const DealBlock& deals) const;
  bool is_event() const { return is_event_; }

 private:
  struct Value {
    double value;
    std::uint32_t slot;
  };
  void of_two(const DealBlock& deals, Contrasts& contrasts) const;
  void of_events(const DealBlock& deals, Contrasts& contrasts) const;
  void of_pairs(const DealBlock& deals, Contrasts& contrasts) const;

  std::vector<Value> values_;  ///< in order; of pairs the differences, cut
  std::size_t finite_ = 0;
  double squares_ = 0;  ///< of pairs, their sum
  bool is_event_, paired_;
};

/// The statistics of a family in each deal.
class FamilyStatistics {
 public:
  FamilyStatistics(std::span<const Measured> family, bool paired);
  std::size_t before() const { return before_; }
  std::size_t after() const { return after_; }
  /// Of one thing: the difference over its standard error, as it is and without what differs
  /// between the sides; −∞ where there is none.
  struct Of {
    EachDeal raw, still;
  };
  const std::vector<Of>& at(const DealBlock& deals);
  /// Of::still alone.
  const std::vector<Of>& still(const DealBlock& deals);
  /// After these: what is usual in each group of things of equal width, in those deals. What
  /// differs between the reports is no scatter, so it is counted without that: else a change of
  /// many would make the others' statistics small in all deals but the observed one.
  const std::vector<Typical>& typical() const { return typical_; }
  /// The i-th thing's.
  std::size_t group(std::size_t i) const { return group_of_[i]; }

 private:
  std::size_t before_ = 0, after_ = 0;
  std::vector<Dealt> dealt_, still_;
  std::vector<std::vector<std::size_t>> groups_;  ///< of equal width
  std::vector<std::size_t> group_of_;
  std::vector<Typical> typical_;  ///< of each group
  std::vector<Contrasts> contrasts_;
  std::vector<Of> statistics_;
};

}  // namespace sgdbench
