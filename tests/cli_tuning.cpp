// The search for settings, on landscapes whose best point is known, and on real runs.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "cli/tuning/search.h"
#include "tests/cli_process.h"

using namespace sgdbench;

namespace {

/// Epochs to the target grow with the square of the distance to the best step, which grows with the
/// mini-batch; larger mini-batches have faster epochs and need more of them.
struct Landscape {
  double best_step = 0.8, per_batch = 1.5, diverges_above = 1e9;
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
        2 + 0.1 * std::log2(static_cast<double>(at.batch)) * per_batch + off * off;
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
  return {tuned, {1, automatic, 0, 1024}, 10'000, [automatic](std::size_t batch) {
            return automatic * std::pow(static_cast<double>(batch), 0.5);
          }};
}

SearchResult found(const SearchSpace& where, Landscape& landscape) {
  return search(
      where, [&](const Settings& at, const Allowance& a) { return landscape(at, a); },
      [] { return false; });
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
  CHECK(found(space(kTuneStep | kTuneBatch), large).best.batch == 4096);
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
  CHECK(seeds[2] == std::set<std::size_t>{2, 3, 4});
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
  CHECK(result.best.step == where.start.step);
  CHECK(momenta.contains(0));
  CHECK(exchanges.size() == 5);
}

TEST_CASE("What is not yet done is predicted by how it went so far") {
  // Suboptimality 1 → 0.5 in one epoch: 1/8 after three.
  CHECK(predicted_length(1, 1.5, 1, 0.625, 0.5) == doctest::Approx(3));
  CHECK(predicted_length(2, 10, 8, 4, std::nullopt) == doctest::Approx(6));
  CHECK(std::isinf(predicted_length(1, 1, 1.1, 0.5, 0)));
}

TEST_CASE("A tuned run says what was chosen, how flat it is, and what the search cost") {
  const Scratch scratch;
  const auto done = scratch.run(
      "run --workload logreg --data rcv1-like:rows=600,features=300 --backend simulator "
      "--workers 2 --compute-time exp:1ms --protocol async,bsp --lr tuned --batch tuned --target "
      "10% --epochs 6 "
      "--repeats 2 -q --csv runs.csv --tuning tuning.csv");
  CHECK(done.code == 0);
  const auto rows = csv_rows(content(scratch.path("runs.csv")));
  const auto trials = csv_rows(content(scratch.path("tuning.csv")));
  REQUIRE(rows.size() == 1 + 4);
  std::map<std::string, std::size_t> count;
  std::set<std::string> seeds;
  for (std::size_t i = 1; i < trials.size(); ++i) {
    ++count[cell(trials, i, "config_id")];
    seeds.insert(cell(trials, i, "seed"));
  }
  for (std::size_t i = 1; i < rows.size(); ++i) {
    CHECK(cell(rows, i, "tuned") == "batch lr");
    CHECK(std::to_string(count[cell(rows, i, "config_id")]) == cell(rows, i, "tuning_trials"));
    CHECK(std::stod(cell(rows, i, "lr_tuned_low")) <= std::stod(cell(rows, i, "lr")));
    CHECK(std::stod(cell(rows, i, "lr_tuned_high")) >= std::stod(cell(rows, i, "lr")));
    CHECK(!seeds.contains(cell(rows, i, "seed")));
    CHECK(cell(rows, i, "command").find("--lr tuned") != std::string::npos);
  }
  // Virtual times: the same search again, to the bit.
  const auto again = scratch.run(
      "run --workload logreg --data rcv1-like:rows=600,features=300 --backend simulator "
      "--workers 2 --compute-time exp:1ms --protocol async,bsp --lr tuned --batch tuned --target "
      "10% --epochs 6 "
      "--repeats 2 -q --csv runs2.csv --tuning tuning2.csv");
  CHECK(content(scratch.path("tuning.csv")) == content(scratch.path("tuning2.csv")));
}

TEST_CASE("Where nothing can be tuned, asking for it is a mistake") {
  const Scratch scratch;
  for (const auto* words :
       {"run --workload none --updates 10 --backend simulator --lr tuned",
        "run --workload logreg --data rcv1-like:rows=100 --backend sequential --exchange tuned",
        "run --workload logreg --data rcv1-like:rows=100 --backend sequential --momentum tuned",
        "verify --batch tuned"}) {
    CAPTURE(words);
    const auto done = scratch.run(words);
    CHECK(done.code == 2);
  }
}
