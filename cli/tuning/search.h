// The search for the step, mini-batch, exchange period and momentum at which a strategy is at its
// best: the same for every strategy.
//
// The idea: a grid around what the program would choose by itself, cut down by successive halving.
// Every setting is tried for a short while, the best third for longer, and the step of the best is
// at last measured as a curve: all steps with its mini-batch, several seeds each. As short trials
// flatter some mini-batches, the second best of them is measured too. All trials of one stage share
// their seeds, so settings are compared on the same orders of examples. A winner at the edge of a
// list makes the list longer, until there is a worse value on either side of it.
//
// Time to the target is epochs to the target times the time of an epoch. The second does not depend
// on the step, so it is the median over all trials with the same mini-batch: one slow moment of the
// machine takes no step out of the race. A trial that did not come to its target has a prediction
// in place of its epochs, because settings are to be compared long before they are done.
//
// The best step often lies just below those that fail: an order of examples that no trial had, or
// threads that happen to run otherwise, and it takes twice as long. So the steps that do about as
// well as the best are tried with more seeds, and of those that then still do the smallest wins: it
// is the farthest from where training fails, and costs at most a tenth of the time.
//
// Sources: Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter
// optimization", AISTATS 2016 (successive halving). Departures: lists grow at their edges, and the
// last stage is a whole curve instead of one winner, because how flat it is is a result by itself.
#pragma once

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/targets.h"

namespace sgdbench {

/// What can be searched; bits of a set.
enum Tunable : unsigned { kTuneBatch = 1, kTuneStep = 2, kTuneMomentum = 4, kTuneExchange = 8 };
struct TunableColumn {
  Tunable what;
  std::string_view column;  ///< that says what was found
};
inline constexpr TunableColumn kTunables[] = {{kTuneBatch, "batch"},
                                              {kTuneStep, "lr"},
                                              {kTuneMomentum, "momentum"},
                                              {kTuneExchange, "exchange"}};

/// The last stage of a search: only its trials have all epochs of a run and several seeds.
inline constexpr std::size_t kLastStage = 2;

/// One point of the space.
struct Settings {
  std::size_t batch = 1;
  double step = 0;
  double momentum = 0;
  std::uint64_t exchange = 0;
  bool operator==(const Settings&) const = default;
};

/// How good a setting is; the least is the best.
struct Score {
  enum Class { kKeptUp, kMissed, kFailed } kind = kFailed;  ///< failed: diverged
  double value = std::numeric_limits<double>::infinity();
  auto operator<=>(const Score&) const = default;
};

/// What one trial found: the epochs to the target, or score_of_progress() where there is none; and
/// the time an epoch took, which does not depend on the step.
struct TrialResult {
  Score score;
  std::optional<double> epoch_s;  ///< nothing where time does not matter
};

/// What a trial is allowed: `epochs` of training at most, and to be stopped where it can't be among
/// the best any more.
struct Allowance {
  std::size_t stage = 0;  ///< from 0
  double share = 1;       ///< of a whole run's epochs
  std::size_t seed = 0;   ///< which of the tuning's own seeds
  /// Seconds of training above which it is as good as none.
  double give_up_after = std::numeric_limits<double>::infinity();
};

/// The space: lists of values for what is searched, one value for what is not.
struct SearchSpace {
  unsigned tuned = 0;  ///< a set of Tunable
  Settings start;      ///< what the program would take
  std::size_t most_batch = 1;
  std::uint64_t most_exchange = 1;
  /// The automatic step at a mini-batch, about the middle of the list of steps there; null where
  /// the step is given: start's then.
  std::function<double(std::size_t batch)> step_at;
  std::size_t least_batch = 1;
};

/// Where one value lies among the others of the last stage: the range of steps whose score is
/// within `factor` of the best, as far as it was tried.
struct StepRange {
  double low = 0, high = 0;
};

struct SearchResult {
  Settings best;
  Score score;  ///< seconds to the target, or of progress: median over the seeds of the last stage
  std::size_t trials = 0;
  std::optional<StepRange> within_tenth, within_twice;  ///< where the step was searched
};

/// Tries settings with `trial` until the best is known, or `stop` says so. If no trial kept up, the
/// best of the others, which `score` tells; if all failed, that with the smallest step.
SearchResult search(const SearchSpace& space,
                    const std::function<TrialResult(const Settings&, const Allowance&)>& trial,
                    const std::function<bool()>& stop);

/// The score of a loss that fell from `start` to `loss` within the budget: the inverse of how far
/// it fell. "Within 10 % of the best" is then to have come at least 1/1.1 of its way, whatever
/// number the loss can't fall below; a loss itself has no such scale. One that did not fall has
/// missed.
inline Score score_of_progress(double start, double loss) {
  if (!(loss < start)) return {Score::kMissed, std::numeric_limits<double>::infinity()};
  return {Score::kKeptUp, 1 / (start - loss)};
}

/// How long a way takes of which a part of length `done`, from `start` to `now`, is behind: all of
/// it to `target`, if it goes on as it began (way_to() of results/targets.h).
inline double predicted_length(double done, double start, double now, double target,
                               std::optional<double> floor) {
  const double times = way_to(start, now, target, floor);
  return std::isfinite(times) ? done * times : times;
}

// What was tried, and how it compares: the words of a search (search.cpp).
//
// Invariant: a score is better than another if it is less: what kept up before what missed, what
// missed before what failed, and among equals the smaller value.

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
