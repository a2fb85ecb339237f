#include "cli/tuning/tuner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <span>

#include "cli/command_line.h"
#include "cli/interrupt.h"
#include "cli/labels.h"
#include "results/targets.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

constexpr double kNowhere = std::numeric_limits<double>::infinity();
constexpr std::size_t kPointsPerEpoch = 4, kMostPoints = 400;
constexpr double kDivergence = 2;  ///< times the loss at the start

/// What is left to go, as a number that falls: the loss, or the share of wrong answers where the
/// target is an accuracy.
struct Goal {
  std::optional<double> target;  ///< of that number; nothing: as low as it goes
  std::optional<double> floor;   ///< below which it can't fall
  bool accuracy = false;

  double at(const PointEvaluation& point) const {
    if (!accuracy) return point.train.loss;
    return 1 - (point.test ? point.test->accuracy : point.train.accuracy).value_or(0);
  }
};

Goal goal_of(const RunRecord& row) {
  if (row.target_accuracy) return {1 - *row.target_accuracy, std::nullopt, true};
  return {row.target_loss, row.loss_optimum, false};
}

std::optional<double> if_finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// One trial on its way: told of each point of its curve, it says when there is no more to learn.
class Trial {
 public:
  Trial(const RunRecord& row, const PointEvaluation& start)
      : row_(row),
        goal_(goal_of(row)),
        start_(goal_.at(start)),
        loss_start_(start.train.loss),
        left_(start_),
        loss_(start.train.loss) {}

  bool add(double epochs, const PointEvaluation& point) {
    const Level before = level();
    const double since = epochs_;
    left_ = goal_.at(point);
    loss_ = point.train.loss;
    epochs_ = epochs;
    diverged_ = !std::isfinite(loss_) || loss_ > kDivergence * loss_start_;
    if (!diverged_ && !reached_ && meets_target(row_, point)) {
      reached_ = since + (epochs - since) * crossing(row_, before, level());
    }
    return diverged_ || reached_;
  }

  /// `whole`: it had all the epochs of a run.
  Score score(bool whole) const {
    if (diverged_) return {};
    if (reached_) return {Score::kKeptUp, *reached_};
    if (!goal_.target) return {Score::kKeptUp, loss_};
    // What is not there yet takes longer than it has taken, whatever one of two targets says.
    double epochs = predicted_length(epochs_, start_, left_, *goal_.target, goal_.floor);
    if (goal_.accuracy && row_.target_loss)
      epochs = std::max(epochs, predicted_length(epochs_, loss_start_, loss_, *row_.target_loss,
                                                 row_.loss_optimum));
    return {whole ? Score::kMissed : Score::kKeptUp, std::max(epochs, epochs_)};
  }
  std::string_view status(bool whole) const {
    if (diverged_) return "diverged";
    if (reached_) return "reached";
    return whole && goal_.target ? "missed" : "predicted";
  }
  double loss() const { return loss_; }

 private:
  /// Where a loss that is not finite has no place.
  Level level() const {
    return {if_finite(loss_), goal_.accuracy ? std::optional(1 - left_) : std::nullopt};
  }

  const RunRecord& row_;
  Goal goal_;
  double start_, loss_start_, left_, loss_;
  double epochs_ = 0;
  bool diverged_ = false;
  std::optional<double> reached_;
};

/// Seeds of trials have their highest bit set; those that a user can type don't.
std::uint64_t seed_of_trial(std::uint64_t seed, std::size_t which) {
  return mix(seed, which) | (std::uint64_t{1} << 63);
}

/// The cell with a trial's settings in place of what is tuned.
Cell with(const Cell& cell, const Settings& settings) {
  Cell trial = cell;
  trial.tuned = 0;
  trial.batch = settings.batch;
  trial.lr = settings.step;
  trial.momentum = settings.momentum;
  trial.spec.exchange = settings.exchange;
  return trial;
}

}  // namespace

Tuner::Tuner(const Problem& problem, const DataFacts& facts, const ParallelFor& parallel,
             std::size_t cores, Progress& progress)
    : problem_(problem), facts_(facts), parallel_(parallel), cores_(cores), progress_(progress) {}

SearchSpace Tuner::space_of(const Cell& cell) const {
  const auto usual = settle(cell, problem_, cores_);
  SearchSpace space;
  space.tuned = cell.tuned;
  space.start = {usual.spec.batch, usual.spec.step.initial, cell.momentum, usual.spec.exchange};
  space.most_batch = std::max<std::size_t>(1, problem_.examples() / usual.spec.workers);
  if (!cell.lr)
    space.step_at = [this, spec = usual.spec, backend = usual.backend,
                     steps = std::map<std::size_t, double>()](std::size_t batch) mutable {
      spec.batch = batch;
      const auto averaged = examples_per_update(*backend, spec, problem_.examples());
      const auto [found, is_new] = steps.try_emplace(averaged, 0);
      if (is_new) found->second = problem_.suggested_step(averaged);
      return found->second;
    };
  return space;
}

PointEvaluation Tuner::evaluate_at(std::span<const Real> w) const {
  PointEvaluation point{evaluate(problem_, w, Part::train, parallel_), {}};
  if (problem_.has_test()) point.test = evaluate(problem_, w, Part::test, parallel_);
  return point;
}

const PointEvaluation& Tuner::start_of(std::uint64_t seed) {
  const auto [found, is_new] = starts_.try_emplace(seed);
  if (is_new) {
    AlignedVector<Real> w(problem_.parameters());
    problem_.initialise(w, seed);
    found->second = evaluate_at(w);
  }
  return found->second;
}

Backend& Tuner::backend_for(const Configuration& trial, const Settings& settings) {
  Settings same_step = settings;
  same_step.step = made_for_.step;
  if (!backend_ || same_step != made_for_) {
    backend_.reset();  // its threads end before others begin
    backend_ = trial.backend->make(trial.spec, problem_);
    made_for_ = settings;
  }
  return *backend_;
}

TrialResult Tuner::attempt(const Cell& cell, const Settings& settings, const Allowance& allowance,
                           Tuning& tuning) {
  auto trial = settle(with(cell, settings), problem_, cores_);
  RunSpec& spec = trial.spec;
  const bool whole = allowance.share >= 1;
  const auto shorter = [&](std::uint64_t count) {
    const double part = std::ceil(allowance.share * static_cast<double>(count));
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(part));
  };
  spec.epochs = shorter(spec.epochs);
  if (spec.updates > 0) spec.updates = shorter(spec.updates);
  spec.evaluations = std::min<std::uint64_t>(kMostPoints, kPointsPerEpoch * spec.epochs);
  spec.spacing = Spacing::even;
  spec.seed = seed_of_trial(spec.seed, allowance.seed);
  const auto row = describe(trial, facts_, 0, 0);
  const bool timed = names_target(row);
  if (timed && allowance.give_up_after < kNowhere)
    spec.max_seconds = spec.max_seconds > 0 ? std::min(spec.max_seconds, allowance.give_up_after)
                                            : allowance.give_up_after;

  Trial judged(row, start_of(spec.seed));
  const double n = static_cast<double>(problem_.examples());
  const auto outcome =
      backend_for(trial, settings).run(spec, interrupted(), [&](const Snapshot& snapshot) {
        return judged.add(static_cast<double>(snapshot.examples) / n,
                          evaluate_at(snapshot.parameters));
      });
  std::uint64_t landed = 0;
  for (const auto& worker : outcome.workers) landed += worker.applied;
  const double epochs = static_cast<double>(landed) / n, time = seconds(outcome.wall);
  if (outcome.stopped != Stopped::target)
    judged.add(epochs, evaluate_at(outcome.curve.back().parameters));
  const auto score = judged.score(whole);
  const double epoch_s = epochs > 0 ? time / epochs : kNowhere;
  tuning.trials.push_back({.config_id = config_id(cell),
                           .strategy = contender_label(row),
                           .trial = tuning.trials.size(),
                           .stage = allowance.stage,
                           .batch = settings.batch,
                           .lr = settings.step,
                           .momentum = row.momentum,
                           .exchange = row.exchange,
                           .seed = spec.seed,
                           .epochs = epochs,
                           .time_s = time,
                           .loss = if_finite(judged.loss()),
                           .score = if_finite(timed ? score.value * epoch_s : score.value),
                           .status = std::string(judged.status(whole))});
  return {score, timed ? if_finite(epoch_s) : std::nullopt};
}

Tuning Tuner::tune(const Cell& cell) {
  const auto start = std::chrono::steady_clock::now();
  backend_.reset();  // of whoever was tuned before, should that have ended by an exception
  Tuning tuning;
  const auto name = label(describe(settle(cell, problem_, cores_), facts_, 0, 0));
  tuning.found = search(
      space_of(cell),
      [&](const Settings& settings, const Allowance& allowance) {
        progress_.say(fmt::format("tuning {}, trial {}", name, tuning.trials.size() + 1));
        return attempt(cell, settings, allowance, tuning);
      },
      [] { return interrupted().load(std::memory_order_relaxed); });
  backend_.reset();
  if (tuning.found.score.kind == Score::kFailed)
    tuning.why_not =
        fmt::format("every trial diverged, down to a step of {:.3g}", tuning.found.best.step);
  tuning.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return tuning;
}

}  // namespace sgdbench
