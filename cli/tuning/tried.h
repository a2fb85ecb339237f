// What was tried, and how it compares: the words of a search (search.cpp).
//
// Invariant: a score is better than another if it is less: what kept up before what missed, what
// missed before what failed, and among equals the smaller value.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cli/tuning/search.h"

namespace sgdbench {

inline constexpr double kTenth = 1.1, kTwice = 2;

/// A setting, and with each seed the epochs to the target that it needed, or the loss.
struct Tried {
  Settings settings;
  std::vector<Score> found;
  Score score;  ///< of all that is known
};

inline bool better(const Tried& a, const Tried& b) {
  return a.score < b.score;
}
inline const Tried& best_of(const std::vector<Tried>& tried) {
  return *std::min_element(tried.begin(), tried.end(), better);
}

/// Where time does not matter, little may be far: it is left when it has worsened twice running.
inline bool worsens_twice(const std::vector<Tried>& tried, bool front) {
  const std::size_t n = tried.size();
  if (n < 3) return false;
  const auto& edge = front ? tried[0] : tried[n - 1];
  const auto& next = front ? tried[1] : tried[n - 2];
  const auto& inner = front ? tried[2] : tried[n - 3];
  return inner.score < next.score && next.score < edge.score;
}
/// Beyond twice the best, which itself may be anything.
inline bool far_from(const Score& score, const Score& best) {
  if (best.kind == Score::kFailed) return false;  // smaller steps may still do
  if (std::isinf(best.value)) return true;        // nothing is learnt at any
  return score.kind != best.kind || score.value > kTwice * best.value;
}

/// So far beyond twice the best that one seed is enough to know.
inline bool is_useless(const Score& score, const Score& best) {
  constexpr double kClearly = 1.25;
  return std::isfinite(best.value) && score.value > kClearly * kTwice * best.value;
}

/// The steps whose score is at most `factor` times the best.
inline StepRange range(const std::vector<Tried>& tried, const Score& best, double factor) {
  StepRange range{std::numeric_limits<double>::infinity(), 0};
  for (const auto& one : tried)
    if (one.score.kind == best.kind && one.score.value <= factor * best.value) {
      range.low = std::min(range.low, one.settings.step);
      range.high = std::max(range.high, one.settings.step);
    }
  return range;
}

}  // namespace sgdbench
