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

#include <cstddef>
#include <cstdint>
#include <limits>
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

/// What each change is above, for all things together: any true one is below its bound in at most
/// alpha of all comparisons. It is the least change that the test would not reject; −∞ where
/// nothing is known, for events too.
std::vector<double> lower_bounds(std::span<const Measured> family, const Dealing& dealing,
                                 double alpha);
/// The family seen from NEW, where changes have the other sign.
std::vector<Measured> turned(std::span<const Measured> family);

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

}  // namespace sgdbench
