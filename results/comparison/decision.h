// Regression, fine, or not to be said yet.
//
// The idea: alpha and confidence are two different errors, and a regression needs both.
//   (a) p < alpha, p corrected for all that is compared at once: so that a comparison of two equal
//       builds fails at most alpha of the time, however much it compares.
//   (b) the whole interval of the factor lies beyond the threshold 1 + max_regression: so that a
//       change is not only real but too large.
// (a) alone would fail on a change of 0.1 %; (b) alone would need an interval at confidence
// 1 − alpha, and for that more repeats than people have. Fine is what has its whole interval within
// the threshold. Everything else is inconclusive.
//
// Confidence is 85 % by default (92.5 % for the end that counts): of 100,000 simulated pairs of
// samples of 10, 10 % apart with 3 % of noise, this finds 96.4 % beyond 5 %; 80 % would find 97.5
// %, 90 % only 93.7 %.
//
// Where times were not measured in pairs, the machine is part of both: what it may have made slower
// (pace.cpp) is taken off before (b), and what it surely made faster is added.
//
// Departure from a test of "the factor is 1.05": (a) tests against no change. At the threshold
// itself (b) errs in at most (1 − confidence)/2.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "results/statistics/two_samples.h"

namespace sgdbench {

struct Criteria {
  double max_regression = 0.05;
  double alpha = 0.01;
  double confidence = 0.85;
};

enum class Verdict { fine, regression, inconclusive };
std::string_view to_string(Verdict verdict);

/// What the machine may have done to the times of one configuration from BASE to NEW: natural
/// logarithms of factors, none below 0.
struct Drift {
  double slower = 0;         ///< at most, by the measure that slowed down most
  double faster = 0;         ///< at most, by the one that became fastest
  double surely_faster = 0;  ///< at least, by all of them
  std::string_view what;     ///< that measure, where `slower` is above 0
};

/// What was found of one metric of one configuration. Positive is worse.
struct Evidence {
  Shift worse;              ///< ln of the factor by which it is worse
  double p = 1;             ///< corrected
  std::size_t family = 1;   ///< p-values that it was corrected for
  std::size_t repeats = 0;  ///< on each side
  bool paired = false;
  Drift drift = {};
};

struct Ruling {
  Verdict verdict = Verdict::inconclusive;
  bool improved = false;  ///< fine, and significantly better
  std::string remark;     ///< where inconclusive: what would decide it
};
Ruling decide(const Evidence& evidence, const Criteria& criteria);

}  // namespace sgdbench
