#include "cli/tuning/tuner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <span>

#include "cli/configuration.h"
#include "cli/terminal.h"
#include "results/labels.h"
#include "results/targets.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

constexpr double kNowhere = std::numeric_limits<double>::infinity();
constexpr std::size_t kPointsPerEpoch = 4, kMostPoints = 400;
/// From when on a prediction may end a trial: what a run does before says little.
constexpr double kForeseeable = 1;  ///< epochs
/// Of what is predicted to be left, the share in which nothing needs to be known.
constexpr double kUnwatched = 0.5;

/// What is left to go, as a number that falls: the loss, or the share of wrong answers where the
/// target is an accuracy.
struct Goal {
  std::optional<double> target;  ///< of that number; nothing: as low as it goes
  std::optional<double> floor;   ///< below which it can't fall
  bool accuracy = false;
  bool held_out_only = false;  ///< nothing of it is of the training examples

  double loss_at(const PointEvaluation& point) const {
    return held_out_only ? point.test->loss : point.train.loss;
  }
  double at(const PointEvaluation& point) const {
    if (!accuracy) return point.train.loss;
    return 1 - (point.test ? point.test->accuracy : point.train.accuracy).value_or(0);
  }
};

Goal goal_of(const RunRecord& row, bool has_test) {
  if (row.target_accuracy)
    return {1 - *row.target_accuracy, std::nullopt, true, has_test && !row.target_loss};
  return {row.target_loss, row.loss_optimum, false};
}

std::optional<double> if_finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// One trial on its way: told of points of its curve, it says when there is no more to learn, and
/// which point it is to be told of next. An evaluation takes as long as an epoch or two: half of
/// the way that is predicted to be left passes without one.
class Trial {
 public:
  /// `first`: epochs before which nothing is decided; `most_s`: seconds above which it is as good
  /// as none.
  Trial(const RunRecord& row, const Goal& goal, const PointEvaluation& start, double first,
        double most_s)
      : row_(row),
        goal_(goal),
        most_s_(most_s),
        start_(goal_.at(start)),
        loss_start_(goal_.loss_at(start)),
        left_(start_),
        loss_(loss_start_),
        next_(first) {}

  bool is_due(double epochs) const { return epochs >= next_; }

  /// Whether the trial ends here.
  bool add(double epochs, double time_s, std::uint64_t updates, const PointEvaluation& point) {
    const Level before = level();
    const double since = epochs_;
    left_ = goal_.at(point);
    loss_ = goal_.loss_at(point);
    epochs_ = epochs;
    updates_ = updates;
    // A held-out loss may grow while the network learns.
    diverged_ =
        !std::isfinite(loss_) || (!goal_.held_out_only && loss_ > kDivergence * loss_start_);
    if (!diverged_ && !reached_ && meets_target(row_, point)) {
      reached_ = since + (epochs - since) * crossing(row_, before, level());
    }
    if (diverged_ || reached_) return true;
    const double whole = goal_.target ? predicted() : kNowhere;
    next_ = epochs + std::min(kUnwatched * (whole - epochs), epochs);
    return goal_.target && epochs >= kForeseeable && whole * time_s > most_s_ * epochs;
  }

  /// `whole`: it had all the epochs of a run.
  Score score(bool whole) const {
    if (diverged_) return {};
    if (reached_) return {Score::kKeptUp, *reached_};
    if (!goal_.target) return score_of_progress(loss_start_, loss_);
    // What is not there yet takes longer than it has taken, whatever one of two targets says.
    return {whole ? Score::kMissed : Score::kKeptUp, std::max(predicted(), epochs_)};
  }
  /// `ended`: it had all that a run has, and was not given up.
  std::string_view status(bool ended) const {
    if (diverged_) return "diverged";
    if (reached_) return "reached";
    if (!ended) return "predicted";
    return goal_.target ? "missed" : "ended";
  }
  double loss() const { return loss_; }

 private:
  /// Where a loss that is not finite has no place.
  Level level() const {
    return {if_finite(loss_), goal_.accuracy ? std::optional(1 - left_) : std::nullopt, updates_};
  }
  /// Epochs that all of the way takes.
  double predicted() const {
    const double epochs = predicted_length(epochs_, start_, left_, *goal_.target, goal_.floor);
    if (!goal_.accuracy || !row_.target_loss) return epochs;
    return std::max(epochs, predicted_length(epochs_, loss_start_, loss_, *row_.target_loss,
                                             row_.loss_optimum));
  }

  const RunRecord& row_;
  Goal goal_;
  double most_s_;
  double start_, loss_start_, left_, loss_;
  double next_;  ///< epochs at the next point that it is to be told of
  double epochs_ = 0;
  std::uint64_t updates_ = 0;
  bool diverged_ = false;
  std::optional<double> reached_;
};

/// Seeds of trials have their highest bit set; those that a user can type don't.
std::uint64_t seed_of_trial(std::uint64_t seed, std::size_t which) {
  return mix(seed, which) | (std::uint64_t{1} << 63);
}

/// The step around which steps are tried with these settings; nothing where it is given. A
/// momentum that is searched for has its part in it.
std::optional<double> automatic_step(const SearchSpace& space, const Settings& settings) {
  if (!space.step_at) return {};
  const double step = space.step_at(settings.batch);
  const bool has_part = (space.tuned & kTuneMomentum) != 0;
  return has_part ? step * step_share(settings.momentum) / step_share(space.start.momentum) : step;
}

}  // namespace

Tuner::Tuner(const Problem& problem, const DataFacts& facts, const ParallelFor& parallel,
             std::size_t cores, Progress& progress)
    : problem_(problem), facts_(facts), parallel_(parallel), cores_(cores), progress_(progress) {}

SearchSpace Tuner::space_of(const Configuration& configuration, const Setup& usual) {
  SearchSpace space;
  space.tuned = configuration.tuned;
  space.start = {usual.spec.batch, usual.spec.step.initial, configuration.momentum,
                 usual.spec.exchange};
  const auto most = std::max<std::size_t>(1, problem_.examples() / usual.spec.workers);
  space.least_batch = std::min(configuration.least_batch, most);
  space.most_batch = std::min(configuration.most_batch, most);
  space.most_exchange = problem_.examples();
  if (!configuration.lr)
    space.step_at = [this, spec = usual.spec, backend = usual.backend](std::size_t batch) mutable {
      spec.batch = batch;
      const auto averaged = examples_per_update(*backend, spec, problem_.examples());
      return sgdbench::automatic_step(problem_, spec.rule, averaged, [this](std::size_t examples) {
        return suggested_step(examples);
      });
    };
  return space;
}

double Tuner::suggested_step(std::size_t averaged) {
  const auto [found, is_new] = steps_.try_emplace(averaged, 0);
  if (is_new) found->second = problem_.suggested_step(averaged);
  return found->second;
}

PointEvaluation Tuner::evaluate_at(std::span<const Real> w, bool training, bool held_out) const {
  PointEvaluation point;
  if (training) point.train = evaluate(problem_, w, Part::train, parallel_);
  if (held_out && problem_.has_test()) point.test = evaluate(problem_, w, Part::test, parallel_);
  return point;
}

const PointEvaluation& Tuner::start_of(std::uint64_t seed) {
  const auto [found, is_new] = starts_.try_emplace(seed);
  if (is_new) {
    AlignedVector<Real> w(problem_.parameters());
    problem_.initialise(w, seed);
    found->second = evaluate_at(w, true, true);
  }
  return found->second;
}

Backend& Tuner::backend_for(const Setup& trial, const Settings& settings) {
  Settings same_step = settings;
  same_step.step = made_for_.step;
  if (!backend_ || same_step != made_for_) {
    backend_.reset();  // its threads end before others begin
    backend_ = trial.backend->make(trial.spec, problem_);
    made_for_ = settings;
  }
  return *backend_;
}

TrialResult Tuner::attempt(const Configuration& configuration, const SearchSpace& space,
                           const Settings& settings, const Allowance& allowance, Tuning& tuning) {
  auto trial = settle(with_settings(configuration, settings), problem_, cores_);
  RunSpec& spec = trial.spec;
  const bool whole = allowance.share >= 1;
  const auto shorter = [&](std::uint64_t count) {
    const double part = std::ceil(allowance.share * static_cast<double>(count));
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(part));
  };
  spec.whole_epochs = spec.epochs;
  spec.whole_updates = spec.updates;
  spec.epochs = shorter(spec.epochs);
  if (spec.updates > 0) spec.updates = shorter(spec.updates);
  spec.evaluations = std::min<std::uint64_t>(kMostPoints, kPointsPerEpoch * spec.epochs);
  spec.spacing = Spacing::even;
  spec.seed = seed_of_trial(spec.seed, allowance.seed);
  const auto row = describe(trial, facts_, 0, 0);
  const bool timed = names_target(row), held_out = row.target_accuracy.has_value();
  // The training examples cost most and say nothing of a held-out accuracy.
  const Goal goal = goal_of(row, problem_.has_test());
  const auto evaluated = [&](std::span<const Real> w) {
    return evaluate_at(w, !goal.held_out_only, held_out);
  };
  const bool may_give_up = timed && allowance.give_up_after < kNowhere &&
                           (spec.max_seconds == 0 || allowance.give_up_after < spec.max_seconds);
  if (may_give_up) spec.max_seconds = allowance.give_up_after;

  Trial judged(row, goal, start_of(spec.seed), whole ? 0 : kForeseeable / 2,
               allowance.give_up_after);
  const double n = static_cast<double>(problem_.examples());
  const auto outcome =
      backend_for(trial, settings).run(spec, interrupted(), [&](const Snapshot& snapshot) {
        const double epochs = static_cast<double>(snapshot.examples) / n;
        return judged.is_due(epochs) && judged.add(epochs, seconds(snapshot.time), snapshot.updates,
                                                   evaluated(snapshot.parameters));
      });
  std::uint64_t landed = 0;
  for (const auto& worker : outcome.workers) landed += worker.applied;
  const double epochs = static_cast<double>(landed) / n, time = seconds(outcome.wall);
  if (outcome.stopped != Stopped::target)
    judged.add(epochs, time, outcome.updates, evaluated(outcome.curve.back().parameters));
  const bool ended = whole && (outcome.stopped == Stopped::completed ||
                               (outcome.stopped == Stopped::time_limit && !may_give_up));
  const auto score = judged.score(whole);
  const double epoch_s = epochs > 0 ? time / epochs : kNowhere;
  tuning.trials.push_back({.config_id = config_id(configuration),
                           .strategy = configuration_label(row),
                           .trial = tuning.trials.size(),
                           .stage = allowance.stage,
                           .batch = settings.batch,
                           .lr = settings.step,
                           .lr_auto = automatic_step(space, settings),
                           .momentum = row.momentum,
                           .exchange = row.exchange,
                           .seed = spec.seed,
                           .epochs = epochs,
                           .time_s = time,
                           .loss = goal.held_out_only ? std::nullopt : if_finite(judged.loss()),
                           .score = if_finite(timed ? score.value * epoch_s : judged.loss()),
                           .status = std::string(judged.status(ended))});
  return {score, timed ? if_finite(epoch_s) : std::nullopt};
}

Tuning Tuner::tune(const Configuration& configuration) {
  const auto start = std::chrono::steady_clock::now();
  backend_.reset();  // of an earlier configuration, whose search may have ended by an exception
  Tuning tuning;
  const auto usual = settle(configuration, problem_, cores_);
  const auto row = describe(usual, facts_, 0, 0);
  const auto name = label(row);
  if (names_target(row) && meets_target(row, start_of(seed_of_trial(usual.spec.seed, 0)))) {
    tuning.needless =
        "the parameters meet the target before training, so nothing is searched for "
        "and the settings are the automatic ones";
    return tuning;
  }
  const auto space = space_of(configuration, usual);
  tuning.found = search(
      space,
      [&](const Settings& settings, const Allowance& allowance) {
        progress_.say(fmt::format("tuning {}, trial {}", name, tuning.trials.size() + 1));
        return attempt(configuration, space, settings, allowance, tuning);
      },
      [] { return interrupted().load(std::memory_order_relaxed); });
  backend_.reset();
  if (tuning.found.score.kind == Score::kFailed) {
    tuning.status = "diverged";
    tuning.why_not =
        fmt::format("every trial diverged, down to a step of {:.3g}", tuning.found.best.step);
  } else if (std::isinf(tuning.found.score.value)) {
    tuning.status = "failed";
    tuning.why_not = kNothingLearnt;
  }
  tuning.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return tuning;
}

}  // namespace sgdbench
