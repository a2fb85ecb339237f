// The decision of a regression gate: which of many things that were measured repeat by repeat got
// worse by more than they may, and which surely did not.
//
// The idea: the null hypothesis of each thing is "NEW is at most `allowed` above BASE". So what
// NEW may lose is taken off its values first; at the worst of the null, the repeats of both
// reports are then exchangeable, and how large a difference chance makes is counted, not assumed:
// whole repeats, with all things that were measured in them, are dealt anew to the two sides (or,
// of pairs, change sides), and the largest statistic of all things is noted each time. A thing is
// worse where its own statistic is among the alpha largest of these. The correction is step-down:
// a thing is held against those alone that are no more striking than itself. "Surely not worse" is
// the same test of the mirrored hypothesis, "NEW is at least `allowed` above BASE".
//
// Because whole repeats are dealt, whatever the configurations of one repeat share (a neighbour's
// hour, a seed) makes the family smaller, not the test wrong; and the least p-value there is
// depends on the number of repeats alone, not on the size of the family.
//
// The statistic: the difference of trimmed means over its standard error from winsorised
// deviations, each side's its own (Yuen 1974), so that neither where the middle is seen nor how far
// chance reaches depends on one report being noisier than the other. 15 % are cut at each end; of
// fewer than ten repeats a fifth at the slow end alone: what disturbs a run makes it slower. A
// deviation from few repeats is a poor one, so it is drawn towards the median of those of things of
// equal `width`. Pairs: the mean of differences, the largest 20 % of which are cut to the size of
// the others. What happens or not (a miss, a crash) has the t-statistic of its two shares, which
// orders the arrangements as Fisher's exact test does.
//
// Assumed: that repeats are exchangeable within a report, so that their order says nothing. Where
// neighbours are alike (something drifts), n repeats are worth fewer: Alike tells, and observed
// statistics are divided by what that makes of a standard error. A drift that all things of few
// repeats share can't be seen so; and that nothing but the program differs between the reports, no
// repeats can tell. Pairs can, both.
//
// Source: Westfall and Young, Resampling-Based Multiple Testing (1993), algorithm 4.1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

namespace sgdbench {

/// What there is no value of: a repeat that one report lacks.
inline constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

/// One thing that was measured, in repeats 0, 1, … of each report. Larger is worse; infinity is a
/// run that never came to its end.
struct Measured {
  std::vector<double> before, after;
  double allowed = 0;     ///< what `after` may exceed `before` by
  std::size_t width = 0;  ///< deviations of equal width are drawn together
  bool is_event = false;  ///< the values are 0 or 1: whether it happened
};

struct Dealing {
  bool paired = false;  ///< repeat r of both reports was measured together
  /// Up to so many arrangements are enumerated; of more, so many are drawn, the observed one among
  /// them. At least 200.
  std::size_t most = 4000;
  std::uint64_t seed = 1;
  double inflation = 1;  ///< of the observed statistics' standard errors; not of events'
};

/// p-values, corrected for all things together.
struct Judged {
  double worse = 1;      ///< of "at most `allowed` above"
  double not_worse = 1;  ///< of "at least `allowed` above"; 1 for events
};
/// In the order of `family`. Things of which a side has fewer than two finite values stay at 1.
std::vector<Judged> judge_family(std::span<const Measured> family, const Dealing& dealing);

/// The least p-value that so many repeats (of pairs: rounds) can have.
double least_p(std::size_t before, std::size_t after, bool paired);

/// Whether neighbouring repeats are alike, over a whole family; of pairs, their differences.
struct Alike {
  double correlation = 0;  ///< of neighbours, ρ
  double p = 1;            ///< of "the order of repeats says nothing", counted over orders
  /// √((1 + ρ)/(1 − ρ)), what a standard error of a mean is too small by where each value is ρ
  /// times the one before it and something new (Bartlett 1935); 1 where chance may have made ρ.
  double inflation() const;
};
Alike neighbours(std::span<const Measured> family, const Dealing& dealing);

/// Above this p-value, neighbours are taken not to be alike.
inline constexpr double kOrderMatters = 0.05;

/// How often a gate like this would find that one of `things` (places in the family) became worse
/// by a change, on samples that scatter as these do: the mean over them. For each of `changes`, in
/// the unit of the values.
std::vector<double> chances(std::span<const Measured> family, std::span<const std::size_t> things,
                            const Dealing& dealing, double alpha, std::span<const double> changes);

/// The same by doing it: of families dealt anew, one of `things` changed in each in turn, those in
/// which any of them is found worse.
struct FoundCount {
  std::size_t found = 0;
  std::size_t trials = 0;  ///< as many as were asked for, or as many as there are arrangements
};
FoundCount count_found(std::span<const Measured> family, std::span<const std::size_t> things,
                       const Dealing& dealing, double alpha, double change, std::size_t trials);

// What the decision is made of: the ways in which repeats can be dealt to two sides, and the
// statistic of a thing that was measured in each of them.

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
