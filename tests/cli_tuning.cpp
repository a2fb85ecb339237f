// The search for settings, on landscapes whose best point is known, and on real runs.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "cli/tuning/search.h"
#include "tests/cli_process.h"

using namespace sgdbench;

namespace {

/// Epochs to the target grow with the square of the distance to the best step, which grows with the
/// mini-batch; larger mini-batches have faster epochs and need more of them.
struct Landscape {
  double best_step = 0.8, per_batch = 1.5, diverges_above = 1e9, steep = 1;
  double fixed_s = 0.001, per_update_s = 0.01;
  std::vector<std::pair<Settings, Allowance>> asked;

  double best_at(std::size_t batch) const {
    return best_step * std::pow(static_cast<double>(batch), 0.5);
  }
  TrialResult operator()(const Settings& at, const Allowance& allowance) {
    asked.emplace_back(at, allowance);
    if (at.step > diverges_above) return {};
    const double off = std::log2(at.step / best_at(at.batch));
    const double epochs =
        2 + 0.1 * std::log2(static_cast<double>(at.batch)) * per_batch + steep * off * off;
    const auto batch = static_cast<double>(at.batch);
    return {{Score::kKeptUp, epochs}, fixed_s + per_update_s / batch};
  }
  double seconds(const Settings& at) {
    const auto found = (*this)(at, {});
    asked.pop_back();
    return found.score.value * *found.epoch_s;
  }
};

SearchSpace space(unsigned tuned, double automatic = 0.4) {
  return {tuned, {1, automatic, 0, 1024}, 10'000, 100'000, [automatic](std::size_t batch) {
            return automatic * std::pow(static_cast<double>(batch), 0.5);
          }};
}

SearchResult found(const SearchSpace& where, Landscape& landscape) {
  return search(
      where, [&](const Settings& at, const Allowance& a) { return landscape(at, a); },
      [] { return false; });
}

/// A landscape on which one mini-batch is as good as another.
TrialResult flat(const Settings& at, const Allowance& allowance) {
  Landscape landscape;
  landscape.per_update_s = landscape.per_batch = 0;
  return landscape(at, allowance);
}

}  // namespace

TEST_CASE("The best step and mini-batch of a smooth landscape are found within a grid's width") {
  Landscape landscape;
  const auto result = found(space(kTuneStep | kTuneBatch), landscape);
  double best = 1e9;
  for (std::size_t batch = 1; batch <= 4096; batch *= 2)
    for (double k = -6; k < 6; k += 0.25)
      best = std::min(best,
                      landscape.seconds({batch, landscape.best_at(batch) * std::exp2(k), 0, 1024}));
  CHECK(landscape.seconds(result.best) < 1.25 * best);
  CHECK(result.score.kind == Score::kKeptUp);
  CHECK(result.trials == landscape.asked.size());
}

TEST_CASE("A best value beyond the edge of the first list is found, on either side") {
  for (const double factor : {1.0 / 100, 1.0 / 30, 30.0, 100.0}) {
    Landscape landscape;
    landscape.best_step = 0.4 * factor;
    const auto result = found(space(kTuneStep), landscape);
    CHECK(std::abs(std::log2(result.best.step / landscape.best_step)) < 0.6);
    REQUIRE(result.within_twice);
    CHECK(result.within_twice->low < result.best.step);
    CHECK(result.within_twice->high > result.best.step);
  }
  Landscape large;
  large.per_update_s = 100;  // the larger, the better
  large.per_batch = 0;
  CHECK(found(space(kTuneStep | kTuneBatch), large).best.batch == 8192);
}

TEST_CASE("A best mini-batch between two of the list is found") {
  const auto result = search(
      space(kTuneStep | kTuneBatch),
      [&](const Settings& at, const Allowance& allowance) {
        auto found = flat(at, allowance);
        found.score.value *= 1 + std::abs(std::log2(static_cast<double>(at.batch) / 32));
        return found;
      },
      [] { return false; });
  CHECK(result.best.batch == 32);
}

TEST_CASE("A mini-batch that short trials flatter does not win against the second best") {
  for (const bool fails : {false, true}) {
    const auto result = search(
        space(kTuneStep | kTuneBatch),
        [&](const Settings& at, const Allowance& allowance) {
          auto found = flat(at, allowance);
          if (allowance.stage < kLastStage) {
            found.score.value *= at.batch == 16 ? 1 : at.batch == 64 ? 1.1 : 3;
          } else if (at.batch == 16) {
            found.score.value *= 2;
            if (fails) found.score = {};
          }
          return found;
        },
        [] { return false; });
    CHECK(result.best.batch == 64);
  }
}

TEST_CASE("How flat the best is, is a range of steps around it") {
  Landscape landscape;
  const auto result = found(space(kTuneStep), landscape);
  REQUIRE(result.within_tenth);
  CHECK(result.within_tenth->low == result.best.step);
  CHECK(result.within_tenth->high == result.best.step);
  // 2 + off² ≤ 2·2 within off = ±√2: one step of the list on either side.
  CHECK(result.within_twice->low == result.best.step / 2);
  CHECK(result.within_twice->high == result.best.step * 2);
}

TEST_CASE("Every strategy is tried with the same first list and the same seeds") {
  Landscape one, other;
  other.best_step = 20;
  other.per_update_s = 0;
  found(space(kTuneStep | kTuneBatch), one);
  found(space(kTuneStep | kTuneBatch), other);
  const auto first = [](const Landscape& landscape) {
    std::vector<std::pair<std::size_t, double>> list;
    for (const auto& [at, allowance] : landscape.asked)
      if (allowance.stage == 0) list.emplace_back(at.batch, at.step);
    return list;
  };
  CHECK(first(one) == first(other));
  CHECK(first(one).size() == 36);
  std::map<std::size_t, std::set<std::size_t>> seeds;
  for (const auto& [at, allowance] : one.asked) seeds[allowance.stage].insert(allowance.seed);
  CHECK(seeds[0] == std::set<std::size_t>{0});
  CHECK(seeds[1] == std::set<std::size_t>{1});
  CHECK(seeds[2] == std::set<std::size_t>{2, 3, 4, 5, 6});
}

TEST_CASE("A setting that diverges with one seed does not win, and smaller steps are tried") {
  Landscape landscape;
  landscape.diverges_above = 0.003;  // of which the first list knows nothing
  const auto result = found(space(kTuneStep), landscape);
  CHECK(result.score.kind == Score::kKeptUp);
  CHECK(result.best.step <= 0.003);
  Landscape hopeless;
  hopeless.diverges_above = 0;
  const auto nothing = found(space(kTuneStep | kTuneBatch), hopeless);
  CHECK(nothing.score.kind == Score::kFailed);
  for (const auto& [at, allowance] : hopeless.asked)
    if (at.batch == nothing.best.batch) CHECK(nothing.best.step <= at.step);
}

TEST_CASE("Momentum is searched down to below zero, and the exchange period on both sides") {
  SearchSpace where = space(kTuneMomentum | kTuneExchange);
  where.start.momentum = 0.9;
  std::set<double> momenta;
  std::set<std::uint64_t> exchanges;
  const auto result = search(
      where,
      [&](const Settings& at, const Allowance&) {
        momenta.insert(at.momentum);
        exchanges.insert(at.exchange);
        const double far = std::abs(std::log2(static_cast<double>(at.exchange) / 256));
        return TrialResult{{Score::kKeptUp, 1 + std::abs(at.momentum + 0.3) + far}, 1.0};
      },
      [] { return false; });
  CHECK(result.best.momentum == -0.3);
  CHECK(result.best.exchange == 256);
  // A step that nobody gave is the automatic one of the momentum beside it.
  CHECK(result.best.step == doctest::Approx(where.start.step * 1.3 / 0.1));
  CHECK(momenta.contains(0));
  CHECK(exchanges.size() == 5);
  where.step_at = nullptr;  // it was given
  const auto fixed = search(
      where,
      [](const Settings& at, const Allowance&) {
        return TrialResult{{Score::kKeptUp, 1 + std::abs(at.momentum + 0.3)}, 1.0};
      },
      [] { return false; });
  CHECK(fixed.best.momentum == -0.3);
  CHECK(fixed.best.step == where.start.step);
}

TEST_CASE("A trial of a part of a run falls in step size as the whole run does") {
  const Scratch scratch;
  // The first two stages have a tenth and three tenths of the epochs: before anything cools down.
  const auto losses = [&](const std::string& schedule) {
    const auto done = scratch.run(
        "run --workload least-squares --data quadratic:rows=200,features=5 --backend sequential "
        "--epochs 20 --repeats 1 --warmup 0 --lr tuned -q --csv runs.csv --tuning " +
        schedule + ".csv --lr-schedule " + schedule);
    REQUIRE(done.code == 0);
    const auto trials = csv_rows(content(scratch.path(schedule + ".csv")));
    std::vector<std::string> list;
    for (std::size_t i = 1; i < trials.size(); ++i)
      if (cell(trials, i, "stage") != "2") list.push_back(cell(trials, i, "loss"));
    return list;
  };
  const auto constant = losses("constant");
  CHECK(constant.size() >= 8);
  CHECK(losses("cooldown:0.5") == constant);
}

TEST_CASE("A best momentum or exchange period beyond the ends of its list is found") {
  for (const double best : {-0.9, 0.99, 0.999}) {
    SearchSpace where = space(kTuneMomentum);
    where.start.momentum = 0.9;
    const auto result = search(
        where,
        [&](const Settings& at, const Allowance&) {
          CHECK(std::abs(at.momentum) < 1);
          const double off =
              std::log((1 + at.momentum) / (1 - at.momentum) * (1 - best) / (1 + best));
          return TrialResult{{Score::kKeptUp, 1 + off * off}, 1.0};
        },
        [] { return false; });
    CHECK(std::abs(result.best.momentum - best) < 0.4 * (1 - std::abs(best)));
  }
  const SearchSpace where = space(kTuneExchange);
  for (const double best : {0.1, 1.0, 16.0, 60'000.0, 1e9}) {
    const auto result = search(
        where,
        [&](const Settings& at, const Allowance&) {
          CHECK(at.exchange >= 1);
          CHECK(at.exchange <= where.most_exchange);
          const double off = std::log2(static_cast<double>(at.exchange) / best);
          return TrialResult{{Score::kKeptUp, 1 + off * off}, 1.0};
        },
        [] { return false; });
    const double nearest = std::clamp(best, 1.0, 100'000.0);
    CHECK(std::abs(std::log2(static_cast<double>(result.best.exchange) / nearest)) <= 1);
  }
}

namespace {

/// Epochs fall as the step grows, up to a cliff above which nothing is reached; just below it one
/// order of examples in four takes longer, and `fails_with` says with which seeds it fails there.
struct Cliff {
  double at = 1.0, shaky = 0.9;
  std::set<std::size_t> fails_with;
  TrialResult operator()(const Settings& setting, const Allowance& allowance) const {
    if (setting.step > at) return {{Score::kMissed, 100}, 1.0};
    if (setting.step > shaky && fails_with.contains(allowance.seed)) return {};
    const double plateau = at / 2.5;  // above which larger steps are no faster
    return {{Score::kKeptUp, 2 * std::max(1.0, plateau / setting.step)}, 1.0};
  }
};

}  // namespace

TEST_CASE("Of steps that do as well, the one farthest below those that fail wins") {
  for (double automatic = 0.1; automatic < 1; automatic *= 1.2) {
    const auto result = search(space(kTuneStep, automatic), Cliff{}, [] { return false; });
    CHECK(result.score.value <= 1.1 * 2);
    CHECK(result.best.step <= 1 / std::sqrt(2.0));
    REQUIRE(result.within_tenth);
    CHECK(result.within_tenth->low == result.best.step);
  }
}

TEST_CASE(
    "A step that fails with a seed that only those near the best are tried with does not win") {
  // Nothing below 0.9 is within a tenth of what lies above it, so far as it does not fail.
  Cliff cliff;
  cliff.fails_with = {6};
  for (double automatic = 0.1; automatic < 1; automatic *= 1.2) {
    const auto result = search(
        space(kTuneStep, automatic),
        [&](const Settings& at, const Allowance& allowance) {
          auto found = cliff(at, allowance);
          if (found.score.kind == Score::kKeptUp) found.score.value = 1 / at.step;
          return found;
        },
        [] { return false; });
    CHECK(result.score.kind == Score::kKeptUp);
    CHECK(result.best.step <= 0.9);
  }
}

TEST_CASE("Without a target, how flat the best is, is how much of its progress is made") {
  // A constant more or less in the objective changes nothing.
  for (const double constant : {0.0, 100.0}) {
    const double start = 1 + constant;
    const auto loss_at = [&](double step) {
      const double off = std::log2(step / 0.8);
      return constant + 1 - 0.9 / (1 + off * off / 4);
    };
    const auto result = search(
        space(kTuneStep),
        [&](const Settings& at, const Allowance&) {
          return TrialResult{score_of_progress(start, loss_at(at.step)), std::nullopt};
        },
        [] { return false; });
    CHECK(result.best.step == doctest::Approx(0.8));
    REQUIRE(result.within_twice);
    // 1/(1 + off²/4) ≥ ½ within off = ±2, and ≥ 1/1.1 within ±0.63.
    CHECK(result.within_twice->low == doctest::Approx(0.2));
    CHECK(result.within_twice->high == doctest::Approx(3.2));
    CHECK(result.within_tenth->low == doctest::Approx(0.8 / std::sqrt(2)));
    CHECK(result.within_tenth->high == doctest::Approx(0.8 * std::sqrt(2)));
  }
  CHECK(score_of_progress(2, 1.5) < score_of_progress(2, 1.6));
  CHECK(score_of_progress(2, 1.9) < score_of_progress(2, 2));
  CHECK(score_of_progress(2, 2).kind == Score::kMissed);
  CHECK(score_of_progress(2, NAN).kind == Score::kMissed);
}

TEST_CASE("Where nothing is learnt with any step, the search comes to an end soon") {
  std::size_t trials = 0;
  const auto result = search(
      space(kTuneStep),
      [&](const Settings&, const Allowance&) {
        ++trials;
        return TrialResult{score_of_progress(1, 1), std::nullopt};
      },
      [] { return false; });
  CHECK(std::isinf(result.score.value));
  CHECK(trials < 25);
}

TEST_CASE("What is not yet done is predicted by how it went so far") {
  // Suboptimality 1 → 0.5 in one epoch: 1/8 after three.
  CHECK(predicted_length(1, 1.5, 1, 0.625, 0.5) == doctest::Approx(3));
  CHECK(predicted_length(2, 10, 8, 4, std::nullopt) == doctest::Approx(6));
  CHECK(std::isinf(predicted_length(1, 1, 1.1, 0.5, 0)));
}

TEST_CASE("A mini-batch is searched for between its limits, and nowhere else") {
  Landscape landscape;
  landscape.per_update_s = 1e-3, landscape.per_batch = 0;  // the larger, the better
  auto where = space(kTuneStep | kTuneBatch);
  where.least_batch = 16, where.most_batch = 100;
  const auto result = found(where, landscape);
  std::set<std::size_t> batches;
  for (const auto& [settings, allowance] : landscape.asked) batches.insert(settings.batch);
  CHECK(batches == std::set<std::size_t>{16, 32, 64});
  CHECK(result.best.batch == 64);
}

TEST_CASE(
    "No trial of the last stage is made twice, and a step that one seed shows to be useless has no "
    "other") {
  Landscape landscape;
  landscape.steep = 8;
  const auto result = found(space(kTuneStep | kTuneBatch), landscape);
  std::map<std::tuple<std::size_t, double, std::size_t>, int> last;
  std::map<std::pair<std::size_t, double>, std::set<std::size_t>> seeds;
  for (const auto& [at, allowance] : landscape.asked)
    if (allowance.stage == kLastStage) {
      CHECK(++last[{at.batch, at.step, allowance.seed}] == 1);
      seeds[{at.batch, at.step}].insert(allowance.seed);
    }
  const double best = landscape.seconds(result.best);
  std::size_t useless = 0;
  for (const auto& [at, tried] : seeds)
    if (landscape.seconds({at.first, at.second, 0, 1024}) > 3 * best) {
      CHECK(tried.size() == 1);
      ++useless;
    }
  CHECK(useless > 0);
}
