// Each kind of metric has a comparison of its own; and what makes a verdict weaker.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "tests/comparison_samples.h"
#include "tests/statistics_samples.h"

using namespace sgdbench;

namespace {

constexpr auto kAccuracy = &RunRecord::accuracy_final;

ComparisonOptions of(const char* metric) {
  ComparisonOptions options;
  options.metrics = {metric_called(metric)};
  return options;
}

std::vector<double> about(double centre, double spread, std::uint64_t seed, std::size_t n = 10) {
  Samples samples(seed);
  return samples.log_normal(n, spread, centre);
}

const Finding& finding_of(const Comparison& comparison, std::string_view metric) {
  for (const auto& finding : comparison.findings)
    if (finding.metric->name == metric) return finding;
  throw std::runtime_error("it is not compared");
}

std::vector<RunRecord> with_target(const std::vector<double>& times) {
  auto runs = runs_with(&RunRecord::wall_s, times);
  for (auto& run : runs) {
    run.target_loss = 0.1;
    run.time_to_target_s = 0.5;
    run.epochs_to_target = 3;
  }
  return runs;
}

}  // namespace

TEST_CASE("Accuracy is compared in points, with a threshold of its own") {
  const auto base = runs_with(kAccuracy, about(0.9, 0.001, 1));
  const auto much = runs_with(kAccuracy, about(0.88, 0.001, 2)),
             little = runs_with(kAccuracy, about(0.897, 0.001, 3));
  const auto lost = compare(base, much, of("accuracy_final")).findings.at(0);
  CHECK(lost.verdict == Verdict::regression);
  CHECK(*lost.change == doctest::Approx(-0.02).epsilon(0.05));
  CHECK(compare(base, little, of("accuracy_final")).findings.at(0).verdict == Verdict::fine);
  auto options = of("accuracy_final");
  options.criteria.max_points = 0.05;
  CHECK(compare(base, much, options).findings.at(0).verdict == Verdict::fine);
  CHECK(compare(much, base, of("accuracy_final")).findings.at(0).improved);
}

TEST_CASE("Where an optimum is known, losses are compared by what they are above it") {
  const auto losses = [](double above, std::uint64_t seed) {
    auto runs = runs_with(&RunRecord::loss_final, about(above, 0.01, seed));
    for (auto& run : runs) run.loss_optimum = 1, *run.loss_final += 1;
    return runs;
  };
  const auto base = losses(0.001, 1), worse = losses(0.002, 2);
  const auto comparison = compare(base, worse, {});
  CHECK(finding_of(comparison, "suboptimality").verdict == Verdict::regression);
  CHECK(*finding_of(comparison, "suboptimality").change == doctest::Approx(2).epsilon(0.05));
  CHECK(compare(base, worse, of("loss_final")).findings.at(0).verdict == Verdict::fine);
}

TEST_CASE("Memory and loss have thresholds of their own") {
  auto base = runs_with(&RunRecord::loss_final, about(1, 0.001, 1));
  auto now = runs_with(&RunRecord::loss_final, about(1.2, 0.001, 2));
  for (std::size_t i = 0; i < base.size(); ++i) {
    base[i].memory_bytes = 1'000'000 + 100 * ((i * 7) % 10);
    now[i].memory_bytes = 1'200'000 + 100 * ((i * 3) % 10);
  }
  for (const auto* metric : {"loss_final", "memory_bytes"}) {
    auto options = of(metric);
    options.criteria.max_regression = 0.5;  // of times
    CHECK(compare(base, now, options).findings.at(0).verdict == Verdict::regression);
    options.criteria.max_loss = options.criteria.max_memory = 0.5;
    CHECK(compare(base, now, options).findings.at(0).verdict == Verdict::fine);
  }
}

TEST_CASE("Half of the work is no improvement") {
  auto base = runs_with(&RunRecord::wall_s, about(1, 0.01, 1));
  for (auto& run : base) run.updates = 1000, run.deterministic = true;
  auto now = base;
  for (auto& run : now) run.updates = 500;
  const auto finding = compare(base, now, of("updates")).findings.at(0);
  CHECK(finding.verdict == Verdict::regression);
  CHECK_FALSE(finding.improved);
}

TEST_CASE("Where NEW misses its target more often, its times are never fine") {
  const auto base = with_target(about(1, 0.002, 1));
  auto now = with_target(about(1, 0.002, 2));
  CHECK(finding_of(compare(base, now, {}), "wall_s").verdict == Verdict::fine);
  for (const std::size_t i : {1, 4, 8}) now[i].time_to_target_s.reset();
  const auto comparison = compare(base, now, {});
  for (const auto& finding : comparison.findings) CHECK(finding.verdict != Verdict::fine);
  CHECK(finding_of(comparison, "misses").remark == "more than before, which may be chance");
  for (auto& run : now) run.time_to_target_s.reset();
  CHECK(finding_of(compare(base, now, {}), "misses").verdict == Verdict::regression);
  CHECK(finding_of(compare(now, base, {}), "misses").verdict == Verdict::fine);
}

TEST_CASE("Where repeats of NEW were interrupted, nothing is fine") {
  const auto base = runs_with(&RunRecord::wall_s, about(1, 0.002, 1));
  auto now = runs_with(&RunRecord::wall_s, about(1, 0.002, 2));
  CHECK(compare(base, now, {}).count(Verdict::inconclusive) == 0);
  for (const std::size_t i : {1, 8}) now[i].status = "interrupted", now[i].wall_s.reset();
  const auto comparison = compare(base, now, {});
  CHECK(finding_of(comparison, "wall_s").verdict == Verdict::inconclusive);
  CHECK(finding_of(comparison, "wall_s").remark == "2 of 10 repeats of NEW were interrupted");
}

TEST_CASE("What diverges by chance in both builds fails at most alpha of the comparisons") {
  Samples samples(5);
  int alarms = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const auto report = [&] {
      auto runs = runs_with(&RunRecord::wall_s, samples.log_normal(5, 0.03));
      for (auto& run : runs)
        if (samples.uniform() < 0.8) run.status = "diverged", run.wall_s.reset();
      return runs;
    };
    const auto base = report(), now = report();
    alarms += compare(base, now, {}).count(Verdict::regression) > 0;
  }
  CHECK(alarms <= most_false(300));
}

TEST_CASE("A drift within the reports counts against what differs, and is said") {
  const auto drifting = [](double factor) {
    std::vector<double> times;
    for (int i = 0; i < 10; ++i) times.push_back(factor * std::exp(0.02 * i * i / 10));
    return runs_with(&RunRecord::wall_s, times);
  };
  const auto base = drifting(1), now = drifting(1.5);
  const auto comparison = compare(base, now, {});
  CHECK(comparison.findings.at(0).verdict == Verdict::inconclusive);
  CHECK(comparison.findings.at(0).p > 0.01);
  REQUIRE(comparison.environment.size() == 1);
  CHECK(comparison.environment[0].starts_with("neighbouring repeats are alike (correlation "));
  ComparisonOptions paired;
  paired.paired = true;
  CHECK(compare(base, now, paired).findings.at(0).verdict == Verdict::regression);
}

TEST_CASE("The same settings on the same data are matched, whatever the path to it") {
  auto base = runs_with(&RunRecord::wall_s, about(1, 0.002, 1), "a");
  auto now = runs_with(&RunRecord::wall_s, about(1.3, 0.002, 2), "b");
  for (auto* runs : {&base, &now})
    for (auto& run : *runs) {
      run.backend = "hogwild";
      run.data = runs == &base ? "x/train.svm" : "y/train.svm";
      run.data_checksum = 7;
    }
  const auto comparison = compare(base, now, {});
  CHECK(comparison.findings.at(0).verdict == Verdict::regression);
  CHECK(comparison.environment.at(0) ==
        "the same data has the name x/train.svm in BASE and y/train.svm in NEW");
  for (auto& run : now) run.batch = 64;
  CHECK(compare(base, now, {}).findings.empty());
  for (auto& run : now) run.batch = 0, run.data_checksum = 8;
  CHECK(compare(base, now, {}).findings.empty());
}

TEST_CASE("What all configurations became slower by is found though none shows it alone") {
  std::vector<RunRecord> base, now;
  for (std::uint64_t c = 0; c < 20; ++c)
    for (auto* runs : {&base, &now}) {
      const auto more = runs_with(&RunRecord::wall_s,
                                  about(runs == &now ? 1.09 : 1, 0.04, 2 * c + (runs == &now), 6),
                                  "c" + std::to_string(c));
      runs->insert(runs->end(), more.begin(), more.end());
    }
  const auto comparison = compare(base, now, {});
  for (const auto& finding : comparison.findings) CHECK(finding.verdict != Verdict::regression);
  CHECK(comparison.means.at(0).verdict == Verdict::regression);
  CHECK(comparison.count(Verdict::regression) == 1);
}

TEST_CASE("Within a report, pairs that differ in one column alone are told apart or tied") {
  std::vector<RunRecord> runs;
  const auto add = [&](const char* id, const char* backend, std::uint64_t workers, double lr,
                       double time, std::size_t repeats) {
    auto more = runs_with(&RunRecord::wall_s, about(time, 0.02, id[0], repeats), id);
    for (auto& run : more) run.backend = backend, run.workers = workers, run.lr = lr;
    runs.insert(runs.end(), more.begin(), more.end());
  };
  for (const std::size_t repeats : {5, 10}) {
    runs.clear();
    add("a", "one", 1, 0.1, 1, repeats);
    add("b", "two", 1, 0.1, 1.5, repeats);
    add("c", "three", 1, 0.1, 1, repeats);
    add("d", "two", 2, 0.1, 9, repeats);  // another width: no pair of these
    add("e", "two", 1, 0.2, 9, repeats);  // another step that was asked for
    const auto found = compare_within(runs, "backend", {});
    REQUIRE(found.size() == 3);
    for (const auto& pair : found) {
      const bool tie = pair.a->config_id != "b" && pair.b->config_id != "b";
      CHECK(pair.difference.a_is_faster == !tie);
      if (!tie) CHECK(pair.b->config_id == "b");
      if (!tie) CHECK(*pair.difference.ratio == doctest::Approx(1.5).epsilon(0.03));
    }
  }
  CHECK(compare_within(runs, "workers", {}).size() == 1);
  CHECK(compare_within(runs, "momentum", {}).empty());
}

TEST_CASE("Equal configurations of a report are called different in at most alpha of reports") {
  Samples samples(3);
  int alarms = 0, not_held = 0;
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<RunRecord> runs;
    for (int c = 0; c < 6; ++c) {
      auto more = runs_with(&RunRecord::wall_s, samples.log_normal(trial % 2 == 0 ? 5 : 9, 0.05),
                            std::to_string(c));
      for (auto& run : more) run.backend = run.config_id;
      runs.insert(runs.end(), more.begin(), more.end());
    }
    const auto pairs = compare_within(runs, "backend", {});
    alarms += std::any_of(pairs.begin(), pairs.end(),
                          [](const auto& pair) { return pair.difference.a_is_faster; });
    not_held += std::any_of(pairs.begin(), pairs.end(), [](const auto& pair) {
      const auto& interval = pair.difference.interval.value();
      return interval.low > 1 || interval.high < 1;
    });
  }
  MESSAGE("six equal backends: " << alarms << " of 100 reports; " << not_held << " intervals");
  CHECK(alarms <= most_false(100));
  CHECK(not_held <= most_false(100));
}

TEST_CASE("Repeats that share their minute are pairs, where there are enough of them to decide") {
  // A drift by a factor of four hides a tenth from all that does not pair repeats.
  Times fast, slow;
  for (std::uint64_t repeat = 0; repeat < 10; ++repeat) {
    const double minute = 1 + 0.3 * static_cast<double>(repeat);
    fast.add(repeat, minute * (1 + 0.001 * static_cast<double>(repeat % 3)));
    slow.add(9 - repeat, 1.1 * (1 + 0.3 * static_cast<double>(9 - repeat)));
  }
  const PairOfTimes pair[] = {{&fast, &slow}, {&slow, &fast}};
  const auto found = differences(pair, {});
  CHECK(found[0].a_is_faster);
  CHECK(found[1].b_is_faster);
  CHECK(*found[0].ratio == doctest::Approx(1.1).epsilon(0.01));
  Times four[2];
  for (std::size_t i = 0; i < 4; ++i)
    four[0].add(fast.repeats[i], fast.values[i]), four[1].add(slow.repeats[i], slow.values[i]);
  CHECK_FALSE(differences(std::array{PairOfTimes{&four[0], &four[1]}}, {})[0].a_is_faster);
}

TEST_CASE("What the points of a curve leave open makes a tie") {
  Times fast, slow;
  for (std::uint64_t repeat = 0; repeat < 10; ++repeat) {
    const double noise = 1 + 0.001 * static_cast<double>(repeat % 3);
    fast.add(repeat, noise, noise, 1.2 * noise);
    slow.add(repeat, 1.1 * noise, noise, 1.1 * noise);
  }
  const auto differ = differences(std::array{PairOfTimes{&fast, &slow}}, {})[0];
  CHECK_FALSE(differ.a_is_faster);
  CHECK(differ.interval->low < 1);
  for (auto* times : {&fast, &slow}) times->lows = times->highs = times->values;
  CHECK(differences(std::array{PairOfTimes{&fast, &slow}}, {})[0].a_is_faster);
}

TEST_CASE("What a comparison could have found is told for it, and nothing where nothing could be") {
  const double changes[] = {0.1, 0.3};
  const auto base = runs_with(&RunRecord::wall_s, about(1, 0.01, 1)),
             now = runs_with(&RunRecord::wall_s, about(1, 0.01, 2));
  const auto quiet = could_find(compare(base, now, {}), {}, changes);
  CHECK(quiet.at(0).share > 0.9);
  const auto loud_base = runs_with(&RunRecord::wall_s, about(1, 0.1, 3)),
             loud_now = runs_with(&RunRecord::wall_s, about(1, 0.1, 4));
  const auto loud = could_find(compare(loud_base, loud_now, {}), {}, changes);
  CHECK(loud.at(0).share < 0.2);
  CHECK(loud.at(1).share > loud.at(0).share);
  const auto few_base = runs_with(&RunRecord::wall_s, about(1, 0.01, 5, 4)),
             few_now = runs_with(&RunRecord::wall_s, about(1, 0.01, 6, 4));
  CHECK(could_find(compare(few_base, few_now, {}), {}, changes).at(1).share == 0);
  CHECK(least_repeats(0.01, false) == 5);
  CHECK(least_repeats(0.01, true) == 7);
}

TEST_CASE("What a machine's noise lets the gate find grows with it, and falls with repeats") {
  CHECK(*found_slowdown(0.01, 10) < *found_slowdown(0.03, 10));
  CHECK(*found_slowdown(0.03, 20) < *found_slowdown(0.03, 10));
  CHECK(*found_slowdown(0.03, 10) > 0.1);  // results/reference/gate: 15 % is found, 10 % is not
  CHECK(*found_slowdown(0.03, 10) < 0.16);
  CHECK_FALSE(found_slowdown(0.01, 4));
  const auto needed = *repeats_to_find(0.03, 0.1);
  CHECK(*found_slowdown(0.03, needed + 1) < 0.11);
  CHECK(*found_slowdown(0.03, needed - 2) > 0.1);
  CHECK_FALSE(repeats_to_find(0.03, 0.04));  // less than what is allowed
}

TEST_CASE("Two reports of 2,000 configurations have a verdict on each") {
  Samples samples(1);
  std::vector<RunRecord> base, now;
  for (int c = 0; c < 2000; ++c)
    for (auto* runs : {&base, &now}) {
      const auto more =
          runs_with(&RunRecord::wall_s, samples.log_normal(5, 0.01), "c" + std::to_string(c));
      runs->insert(runs->end(), more.begin(), more.end());
    }
  CHECK(compare(base, now, {}).findings.size() == 2000);
}
