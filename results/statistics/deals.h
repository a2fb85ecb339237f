// Parts of the gate's decision: the ways in which repeats can be dealt to two sides, and the
// statistic of a thing that was measured in each of them.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "results/statistics/family.h"

namespace sgdbench {

/// For each slot 1 or 0. Unpaired, the slots are the repeats of BASE, then those of NEW, and 1 is
/// "dealt to NEW". Paired, they are the rounds, and 1 is "the two change sides".
using Deal = std::vector<std::uint8_t>;

/// The observed deal first, then all others, or as many draws as Dealing::most allows.
class Deals {
 public:
  Deals(std::size_t before, std::size_t after, const Dealing& dealing);
  std::size_t size() const { return size_; }
  /// Each is made from the one before it: call it once for every 0 ≤ i < size().
  const Deal& next();

 private:
  std::size_t size_;
  bool paired_, exact_;
  bool begun_ = false;
  Deal now_;
  std::mt19937_64 random_;
};

/// How many there are, up to a billion.
double count_deals(std::size_t before, std::size_t after, bool paired);

/// A number in 0, …, n − 1; the same with every standard library.
std::size_t draw_below(std::mt19937_64& random, std::size_t n);

/// What a statistic is made of, in one deal.
struct Contrast {
  double difference = 0;
  /// The variance of the difference is the sum of variance · scale: of each side of its own,
  /// because one report may be noisier than the other. Pairs and events have the first alone.
  struct Term {
    double variance = 0, scale = 0, freedom = 0;
  };
  Term terms[2];
  bool exists() const { return terms[0].scale > 0; }
};

/// Variances of one value that are usual on each side.
using Typical = std::array<double, 2>;

/// The difference over its standard error; the variances drawn towards `typical` unless it is an
/// event's. −∞ where there is no statistic.
double statistic_of(const Contrast& contrast, bool is_event, const Typical& typical);

/// The same without any difference between the sides, nor anything that is allowed.
Measured without_change(Measured measured, bool paired);

/// One thing that was measured, made ready to be dealt again and again.
class Dealt {
 public:
  Dealt(const Measured& measured, std::size_t before, std::size_t after, bool paired);
  Contrast contrast(const Deal& deal) const;
  bool is_event() const { return is_event_; }

 private:
  struct Value {
    double value;
    std::uint32_t slot;
  };
  Contrast of_two(const Deal& deal) const;
  Contrast of_events(const Deal& deal) const;
  Contrast of_pairs(const Deal& deal) const;

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
  /// The difference of each thing over its standard error, as it is and without what differs
  /// between the sides; −∞ where there is none.
  struct Of {
    std::vector<double> raw, still;
  };
  const Of& at(const Deal& deal);
  /// After at(): what is usual among the things whose width the i-th thing has, in that deal. What
  /// differs between the reports is no scatter, so it is counted without that: else a change of
  /// many would make the others' statistics small in all deals but the observed one.
  const Typical& typical(std::size_t i) const { return typical_[group_of_[i]]; }

 private:
  std::size_t before_ = 0, after_ = 0;
  std::vector<Dealt> dealt_, still_;
  std::vector<std::vector<std::size_t>> groups_;  ///< of equal width
  std::vector<std::size_t> group_of_;
  std::vector<Typical> typical_;  ///< of each group
  Of statistics_;
};

}  // namespace sgdbench
