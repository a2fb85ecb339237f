#include <doctest/doctest.h>

#include <cmath>

#include "results/outcome.h"
#include "results/reports.h"
#include "results/targets.h"
#include "tests/results_samples.h"

using namespace sgdbench;

namespace {

/// A run with the losses 1, 0.6, 0.55, 0.51 after 0, 1, 2, 3 seconds and epochs, f* = 0.5.
RunRecord falling(std::uint64_t repeat = 0) {
  auto run = sample_run(repeat);
  const double losses[] = {1, 0.6, 0.55, 0.51};
  for (int i = 0; i < 4; ++i) {
    auto& point = run.curve.emplace_back();
    point.time_s = point.epoch = i;
    point.updates = static_cast<std::uint64_t>(100 * i);
    point.loss = losses[i];
  }
  run.loss_optimum = 0.5;
  run.loss_start = 1;
  return run;
}

/// Points at equal times of 30 seconds in which the loss is f(t); an epoch is a second long.
template <class Function>
std::vector<CurvePoint> curve_of(std::size_t points, Function f) {
  std::vector<CurvePoint> curve;
  for (std::size_t i = 0; i <= points; ++i) {
    auto& point = curve.emplace_back();
    point.time_s = point.epoch = 30 * static_cast<double>(i) / static_cast<double>(points);
    point.updates = static_cast<std::uint64_t>(std::llround(100 * point.time_s));
    point.loss = f(point.time_s);
  }
  return curve;
}

/// f* = 0.5, above which the loss falls by a factor of e in every `period`, to 5 % and 2 %.
RunRecord decaying(std::size_t points, double period) {
  auto run = sample_run();
  run.loss_optimum = 0.5;
  run.loss_start = 1;
  run.target = "5%,2%";
  run.curve = curve_of(points, [period](double t) { return 0.5 + 0.5 * std::exp(-t / period); });
  return run;
}

/// The same run, `workers` of them, with other times: the target is the last point at most.
RunRecord timed(std::uint64_t workers, double seconds_per_epoch, double epochs,
                std::uint64_t repeat = 0) {
  auto run = sample_run(repeat);
  run.config_id = "w" + std::to_string(workers);
  run.workers = workers;
  run.target_loss = 0.1;
  run.wall_s = 10 * seconds_per_epoch;
  run.epochs = 10;
  run.epochs_to_target = epochs;
  run.time_to_target_s = seconds_per_epoch * epochs;
  return run;
}

}  // namespace

TEST_CASE("A target that a point meets exactly is reached at that point") {
  auto run = falling();
  run.target = "20%,10%,2%,1%";
  const auto targets = targets_of(run);
  REQUIRE(targets.size() == 4);
  CHECK(targets[0].time_s == 1);
  CHECK(targets[1].time_s == 2);
  CHECK(targets[1].updates == 200);
  CHECK(*targets[2].epochs == doctest::Approx(3));
  CHECK(*targets[2].loss == doctest::Approx(0.51));
  CHECK(!targets[3].time_s);
  CHECK(!targets[3].epochs);
  CHECK(!targets[3].updates);
}

TEST_CASE("A crossing is where suboptimality that falls by a constant factor falls below it") {
  // f − f* = 0.5·e^{−t/3}: 5 % above f* = 0.5 after 3·ln 20 seconds, 2 % after 3·ln 50.
  for (const std::size_t points : {1, 7, 30}) {
    const auto run = decaying(points, 3);
    const auto targets = targets_of(run);
    REQUIRE(targets.size() == 2);
    // Epochs are a second long, and an update is a hundredth of one: the one that crosses is whole.
    const auto is_update_after = [](double found, double crossing) {
      return found > crossing - 1e-9 && found < crossing + 0.01 + 1e-9;
    };
    CHECK(is_update_after(*targets[0].time_s, 3 * std::log(20)));
    CHECK(is_update_after(*targets[1].time_s, 3 * std::log(50)));
    CHECK(is_update_after(*targets[1].epochs, 3 * std::log(50)));
    CHECK(*targets[1].updates == static_cast<std::uint64_t>(std::ceil(300 * std::log(50))));
    CHECK(*targets[0].low_s <= *targets[0].time_s);
    CHECK(*targets[0].time_s <= *targets[0].high_s);
    CHECK(*targets[0].high_s - *targets[0].low_s ==
          doctest::Approx(30 / static_cast<double>(points)));
  }
}

TEST_CASE("A crossing is not within an update: what crosses is made whole") {
  auto run = sample_run();
  run.loss_optimum.reset();
  run.target_loss = 0.9;
  const auto crossed_with = [&](std::uint64_t updates) {
    run.curve.assign(2, {});
    run.curve[0].loss = 1.0;
    run.curve[1].loss = 0.0;
    run.curve[1].time_s = 2;
    run.curve[1].epoch = 1;
    run.curve[1].updates = updates;
    settle_target(run);
    return *run.time_to_target_s;
  };
  // The loss is 0.9 after a tenth of the way.
  CHECK(crossed_with(1) == 2);
  CHECK(run.epochs_to_target == 1);
  CHECK(crossed_with(4) == doctest::Approx(0.5));
  CHECK(run.updates_to_target == 1);
  CHECK(crossed_with(1000) == doctest::Approx(0.2));
}

TEST_CASE(
    "A finer curve narrows the bounds around a crossing that stays between the coarser ones") {
  // Hyperbolic: no distribution that the interpolation takes it to follow. 1/(1 + t) is 0.06
  // at 15.67 s.
  auto run = sample_run();
  run.target_loss = 0.06;
  const double truth = 1 / 0.06 - 1;
  double low = 0, high = 30, error = 30;
  for (const std::size_t points : {3, 6, 24, 96, 384}) {
    run.curve = curve_of(points, [](double t) { return 1 / (1 + t); });
    settle_target(run);
    REQUIRE(run.reached == true);
    CHECK(*run.time_to_target_low_s >= low);
    CHECK(*run.time_to_target_high_s <= high);
    low = *run.time_to_target_low_s, high = *run.time_to_target_high_s;
    CHECK((low <= truth && truth <= high));
    CHECK((low <= *run.time_to_target_s && *run.time_to_target_s <= high));
    CHECK(std::abs(*run.time_to_target_s - truth) < error);
    error = std::abs(*run.time_to_target_s - truth);
  }
  CHECK(error < 0.01);  // an update
}

TEST_CASE(
    "Where no optimum is known a loss falls in a straight line, and an accuracy rises in one") {
  auto run = falling();
  run.loss_optimum.reset();
  run.target_loss = 0.7;
  settle_target(run);
  CHECK(*run.time_to_target_s == doctest::Approx(0.75));
  CHECK(run.updates_to_target == 75);
  CHECK(run.time_to_target_low_s == 0);
  CHECK(run.time_to_target_high_s == 1);
  run.target_accuracy = 0.8;
  for (int i = 0; i < 4; ++i) run.curve[static_cast<std::size_t>(i)].test_accuracy = 0.3 * i;
  settle_target(run);
  CHECK(*run.time_to_target_s == doctest::Approx(2.67));  // of updates of a hundredth
  run.curve[2].test_accuracy.reset();                     // then nobody knows how far it had come
  settle_target(run);
  CHECK(run.time_to_target_s == 3);
}

TEST_CASE("A target that the start meets is crossed at 0, with no way before or after it") {
  auto run = falling();
  run.target_loss = 1;
  settle_target(run);
  CHECK(run.time_to_target_s == 0);
  CHECK(run.epochs_to_target == 0);
  CHECK(run.time_to_target_low_s == 0);
  CHECK(run.time_to_target_high_s == 0);
  CHECK(outcome_of(run).already_there);
}

TEST_CASE("How far the points of a curve are apart is part of the interval of the time") {
  std::vector<RunRecord> runs;
  std::vector<const RunRecord*> repeats;
  for (std::uint64_t repeat = 0; repeat < 8; ++repeat) runs.push_back(timed(1, 1, 4, repeat));
  for (auto& run : runs) repeats.push_back(&run);
  CHECK(standing_of(repeats).interval()->low == 4);
  for (auto& run : runs) run.time_to_target_low_s = 3.5, run.time_to_target_high_s = 4.25;
  const auto interval = standing_of(repeats).interval();
  CHECK(interval->low == 3.5);
  CHECK(interval->high == 4.25);
  CHECK(standing_of(repeats).median_time() == 4);
}

TEST_CASE("Where the optimum is next to nothing, q counts the suboptimality at the start") {
  CHECK(measure_for(0.5, 1) == Measure::relative);
  CHECK(measure_for(1e-9, 1) == Measure::suboptimality);
  CHECK(measure_for(0, 1) == Measure::suboptimality);
  CHECK(target_loss(1, 0.5, 1) == doctest::Approx(0.505));
  CHECK(target_loss(1, 1e-4, 1) == doctest::Approx(1e-4 + 0.01 * (1 - 1e-4)));
}

TEST_CASE("A miss is an empty cell in targets.csv, and `reached` says so") {
  auto run = falling();
  run.target = "10%,1%";
  const RunRecord runs[] = {run};
  CHECK(targets_csv(runs) ==
        "run_id,target,target_loss,reached,time_to_target_s,time_to_target_low_s,"
        "time_to_target_high_s,epochs_to_target,updates_to_target\n"
        "c1-0,10%,0.55,true,2,1,2,2,200\n"
        "c1-0,1%,0.505,false,,,,,\n");
}

TEST_CASE("The row's own target is met by loss and accuracy together") {
  auto run = falling();
  run.target_loss = 0.55;
  settle_target(run);
  CHECK(run.reached == true);
  CHECK(run.time_to_target_s == 2);
  run.target_accuracy = 0.9;
  run.curve[3].test_accuracy = 0.95;
  settle_target(run);
  CHECK(run.time_to_target_s == 3);
  CHECK(meets_target(run, {0.5, 0.91}));
  CHECK_FALSE(meets_target(run, {0.5, 0.89}));
  CHECK_FALSE(meets_target(run, {std::nullopt, 0.95}));
  run.target_loss = 0.1;
  settle_target(run);
  CHECK(run.reached == false);
  CHECK(!run.time_to_target_s);
  RunRecord none = sample_run();
  settle_target(none);
  CHECK(!none.reached);
}

TEST_CASE("Speedup to target is hardware efficiency times statistical efficiency, in every row") {
  std::vector<RunRecord> runs;
  for (std::uint64_t repeat = 0; repeat < 3; ++repeat) {
    const auto k = static_cast<double>(repeat);
    runs.push_back(timed(2, 0.6 + 0.1 * k, 5, repeat));
    runs.push_back(timed(1, 1 + k, 4, repeat));
  }
  add_speedups(runs);
  for (std::size_t i = 0; i < runs.size(); i += 2) {
    const auto &two = runs[i], &one = runs[i + 1];
    CHECK(two.speedup_baseline == "w1");
    CHECK(*two.speedup_to_target == doctest::Approx(*one.time_to_target_s / *two.time_to_target_s));
    CHECK(*two.speedup_to_target ==
          doctest::Approx(*two.hardware_efficiency * *two.statistical_efficiency));
    CHECK(*two.statistical_efficiency == doctest::Approx(0.8));
    CHECK(!one.speedup_to_target);
  }
}

TEST_CASE("A row is compared with its own strategy alone, or else with the fastest alone") {
  std::vector<RunRecord> runs{timed(1, 1, 4), timed(2, 0.5, 4), timed(1, 0.7, 4), timed(4, 0.5, 4)};
  runs[2].backend = "faster";
  runs[2].config_id = "faster";
  runs[3].backend = "stranger";
  add_speedups(runs);
  CHECK(runs[1].speedup_baseline == "w1");
  CHECK(*runs[1].speedup_to_target == doctest::Approx(2));
  CHECK(*runs[1].speedup_over_best_single == doctest::Approx(1.4));
  CHECK(runs[3].speedup_baseline == "faster");
  CHECK(*runs[3].speedup_to_target == doctest::Approx(1.4));
  runs[3].l2 = 7;  // another problem
  runs[3].speedup_to_target.reset();
  add_speedups(runs);
  CHECK(!runs[3].speedup_to_target);
}

TEST_CASE("A single worker on its way to another target is no baseline") {
  std::vector<RunRecord> runs{timed(1, 1, 4), timed(2, 0.5, 4), timed(1, 1, 1)};
  runs[2].config_id = "easy";
  runs[2].backend = "faster";
  runs[2].target_loss = 0.5;
  add_speedups(runs);
  CHECK(*runs[1].speedup_over_best_single == doctest::Approx(2));
  runs[0].target_loss = 0.5;
  runs[1] = timed(2, 0.5, 4);
  add_speedups(runs);
  CHECK(runs[1].speedup_baseline.empty());
  CHECK(!runs[1].speedup_to_target);
}

TEST_CASE("A missed target has no speedup, but time per epoch still has") {
  std::vector<RunRecord> runs{timed(1, 1, 4), timed(2, 0.5, 4)};
  runs[1].time_to_target_s.reset();
  runs[1].epochs_to_target.reset();
  add_speedups(runs);
  CHECK(!runs[1].speedup_to_target);
  CHECK(!runs[1].statistical_efficiency);
  CHECK(*runs[1].hardware_efficiency == doctest::Approx(2));
}

TEST_CASE("Time per epoch is over the same part of the run on both sides of a speedup") {
  std::vector<RunRecord> runs{timed(1, 1, 4), timed(2, 0.5, 5)};
  // After the target both go on at another pace, which has no part in it,
  for (auto& run : runs) run.wall_s = 40;
  add_speedups(runs);
  CHECK(*runs[1].hardware_efficiency == doctest::Approx(2));
  CHECK(*runs[1].speedup_to_target ==
        doctest::Approx(*runs[1].hardware_efficiency * *runs[1].statistical_efficiency));
  // unless one of them has none before it: then it is the whole run of both.
  runs[1].time_to_target_s.reset();
  runs[1].epochs_to_target.reset();
  runs[1].wall_s = 10;
  add_speedups(runs);
  CHECK(*runs[1].hardware_efficiency == doctest::Approx(4));
}

TEST_CASE("Every column of a run reads back what it wrote") {
  auto run = falling();
  run.target = "10%,1%";
  run.reached = false;
  run.data_checksum = 0x0123456789abcdefu;
  run.lr = 0.1;
  run.optimum_gap = 1e-17;
  RunRecord again;
  for (const auto& field : run_fields()) CHECK(field.set(again, to_text(field.get(run))));
  for (const auto& field : run_fields())
    CHECK_MESSAGE(to_text(field.get(again)) == to_text(field.get(run)), field.name);
  CurvePoint point;
  for (const auto& field : curve_fields())
    if (field.set) CHECK(field.set(point, to_text(field.get({run, 2}))));
  CHECK(point.loss == 0.55);
  CHECK_FALSE(run_fields()[22].set(again, "three"));  // epochs
}
