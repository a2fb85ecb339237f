// How often the gate is wrong, and what it finds: counted through compare() on seeded reports.
//
// Bounds are binomial: of N comparisons, each wrong with probability at most alpha = 1 %, more than
// most_false(N) are so with a probability below 0.1 %. results/reference/gate has larger numbers.
#include <doctest/doctest.h>

#include "tests/gate_scenarios.h"

using namespace sgdbench;
using Scatter = Scenario::Noise;

namespace {

constexpr int kTrials = 50;

int regressions(const Scenario& scenario, std::size_t repeats, int trials = kTrials) {
  const auto counts = count(scenario, repeats, trials, 11 * repeats, 300, 0);
  MESSAGE(scenario.name << ", " << repeats << " repeats: " << counts.regression << " of "
                        << trials);
  return counts.regression;
}

}  // namespace

TEST_CASE("No true change up to the threshold fails more than alpha of the comparisons") {
  // At less than the threshold, statistics_family.cpp counts more.
  for (const auto noise : {Scatter::log_normal, Scatter::heavy, Scatter::autocorrelated}) {
    CHECK(regressions({"equal builds", noise}, 5) <= most_false(kTrials));
    for (const std::size_t repeats : {5, 10})
      CHECK(regressions({"all slower by 5 %", noise, 0.05}, repeats) <= most_false(kTrials));
  }
  CHECK(regressions({.name = "pairs", .slowdown = 0.05, .paired = true, .shared = 0.1}, 10) <=
        most_false(kTrials));
}

TEST_CASE("Repeats that share a neighbour's minute, and probes that see it, fail no more") {
  CHECK(regressions({.name = "shared minutes", .slowdown = 0.05, .probes = true, .shared = 0.05},
                    10) <= most_false(kTrials));
}

TEST_CASE("A machine that drifts where the probes see it fails no more, and passes nothing off") {
  const Scenario drifting{.name = "drift that is seen", .probes = true, .drift = 0.1};
  CHECK(regressions(drifting, 10) <= most_false(kTrials));
  auto slower = drifting;
  slower.slowdown = 0.1;
  const auto counts = count(slower, 10, kTrials, 5, 300, 0);
  CHECK(counts.fine <= most_false(kTrials));
}

TEST_CASE("Fine is called of anything that became too slow in at most alpha of the comparisons") {
  const auto counts = count({.name = "", .slowdown = 0.0501}, 10, kTrials, 3, 300, 0);
  CHECK(counts.fine <= most_false(kTrials));
}

TEST_CASE("All true changes are in the intervals that are shown but for twice alpha") {
  constexpr int kCounted = 20;
  const auto not_held = [](const Scenario& scenario, std::size_t repeats) {
    const auto counts = count(scenario, repeats, kCounted, 7 * repeats, 300, kCounted);
    CHECK(counts.intervals == 20 * kCounted);
    return kCounted - counts.all_held;
  };
  const int most = most_false(kCounted, 0.02);
  for (const std::size_t repeats : {5, 10})
    CHECK(not_held({.name = "", .slowdown = 0.1, .slow = 7, .probes = true}, repeats) <= most);
  CHECK(not_held({.name = "", .slowdown = 0.1, .paired = true, .shared = 0.1}, 7) <= most);
  CHECK(not_held({.name = "", .probes = true, .drift = 0.1}, 10) <= most);
}

TEST_CASE("Slowdowns are found with few repeats") {
  CHECK(regressions({.name = "one by 20 %", .slowdown = 0.2, .slow = 1, .probes = true}, 5, 60) >=
        40);
  CHECK(regressions({.name = "one by 15 %", .slowdown = 0.15, .slow = 1, .probes = true}, 10, 60) >=
        45);
  CHECK(regressions({.name = "all by 10 %", .slowdown = 0.1, .probes = true}, 5, 60) >= 30);
  CHECK(regressions({.name = "pairs, one by 15 %", .slowdown = 0.15, .slow = 1, .paired = true}, 10,
                    60) >= 45);
}

TEST_CASE("A two-worker configuration is found slower though cache lines are timed so badly") {
  CHECK(regressions({.name = "one of two workers by 15 %",
                     .slowdown = 0.15,
                     .slow = 1,
                     .slow_has_two_workers = true,
                     .probes = true},
                    10, 60) >= 40);
}
