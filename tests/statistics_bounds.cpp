// What is shown of changes: the interval that all of a family's true changes lie in, but for
// 2·alpha.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "results/statistics/family.h"
#include "tests/statistics_samples.h"

using namespace sgdbench;
using Numbers = std::vector<double>;

namespace {

constexpr double kBoundsAlpha = 0.01;

struct Bounds {
  Numbers low, high;
  explicit Bounds(const std::vector<Measured>& family, const Dealing& dealing = {})
      : low(lower_bounds(family, dealing, kBoundsAlpha)),
        high(lower_bounds(turned(family), dealing, kBoundsAlpha)) {
    for (double& end : high) end = -end;
  }
  bool hold(std::size_t i, double change) const { return low[i] <= change && change <= high[i]; }
};

Measured six_repeats() {
  return {{1, 1.01, 1.02, 1.03, 1.04, 1.05}, {1.3, 1.32, 1.31, 1.34, 1.33, 1.35}};
}

/// Of so many families of 20 changes, those whose intervals don't hold all of them.
int families_not_held(int families, std::size_t n, bool paired, double disturbed,
                      double noise_of_before) {
  Samples samples(n + (paired ? 100 : 0));
  const auto noise = [&](double size) {
    const double slow = samples.uniform() < disturbed ? -0.3 * std::log(samples.uniform()) : 0;
    return size * samples.normal() + slow;
  };
  int missed = 0;
  for (int trial = 0; trial < families; ++trial) {
    std::vector<Measured> things(20);
    for (std::size_t i = 0; i < things.size(); ++i)
      for (std::size_t repeat = 0; repeat < n; ++repeat) {
        things[i].before.push_back(noise(noise_of_before));
        things[i].after.push_back(0.1 * static_cast<double>(i) + noise(0.03));
      }
    const Bounds bounds(things, {paired, 300, static_cast<std::uint64_t>(trial)});
    bool all = true;
    for (std::size_t i = 0; i < things.size(); ++i)
      all = all && bounds.hold(i, 0.1 * static_cast<double>(i));
    missed += !all;
  }
  MESSAGE(n << std::string(paired ? " rounds: " : " repeats: ") << missed << " of " << families);
  return missed;
}

}  // namespace

TEST_CASE("Of seven pairs all changes are possible that lie between the least and the greatest") {
  // Of 128 arrangements one has all differences on one side.
  Measured pairs;
  for (const double difference : {0.31, 0.2, 0.27, 0.22, 0.35, 0.24, 0.3}) {
    pairs.before.push_back(1);
    pairs.after.push_back(1 + difference);
  }
  const Bounds bounds({pairs}, {true});
  CHECK(bounds.low[0] == doctest::Approx(0.2).epsilon(0.01));
  CHECK(bounds.high[0] == doctest::Approx(0.35).epsilon(0.01));
  for (auto* values : {&pairs.before, &pairs.after}) values->pop_back();
  CHECK(Bounds({pairs}, {true}).low[0] == -HUGE_VAL);  // 64
}

TEST_CASE("All true changes lie in their intervals but for twice alpha, whatever the noise") {
  const int most = most_false(30, 2 * kBoundsAlpha);
  for (const std::size_t n : {5, 10}) {
    CHECK(families_not_held(30, n, false, 0, 0.03) <= most);
    CHECK(families_not_held(30, n, false, 0, 0.06) <= most);
    CHECK(families_not_held(30, n, false, 1.0 / 7, 0.03) <= most);
  }
  for (const std::size_t n : {7, 15}) {
    CHECK(families_not_held(30, n, true, n == 7 ? 0 : 1.0 / 7, 0.03) <= most);
  }
}

TEST_CASE("What lies wholly beyond the threshold is called worse, and what lies below it is not") {
  Samples samples(3);
  int beyond = 0, below = 0;
  for (int trial = 0; trial < 10; ++trial) {
    std::vector<Measured> things(10);
    for (std::size_t i = 0; i < things.size(); ++i) {
      things[i].allowed = 0.05;
      for (int repeat = 0; repeat < 10; ++repeat) {
        things[i].before.push_back(0.03 * samples.normal());
        things[i].after.push_back(0.03 * samples.normal() + 0.02 * static_cast<double>(i) - 0.05);
      }
    }
    const Dealing dealing{false, 500};
    const auto judged = judge_family(things, dealing);
    const Bounds bounds(things, dealing);
    for (std::size_t i = 0; i < things.size(); ++i) {
      beyond += bounds.low[i] > 0.05;
      below += bounds.high[i] < 0.05;
      if (bounds.low[i] > 0.05) CHECK(judged[i].worse <= kBoundsAlpha);
      if (bounds.high[i] < 0.05) CHECK(judged[i].not_worse <= kBoundsAlpha);
    }
  }
  CHECK(beyond > 5);
  CHECK(below > 5);
}

TEST_CASE("Where neighbours are alike an interval is wider, and a unit of its own moves it") {
  const Bounds bounds({six_repeats()}), wider({six_repeats()}, {.inflation = 2});
  CHECK(bounds.hold(0, 0.3));
  CHECK(wider.high[0] - wider.low[0] > 1.5 * (bounds.high[0] - bounds.low[0]));
  auto nanoseconds = six_repeats();
  for (double& value : nanoseconds.after) value += 20;
  CHECK(Bounds({nanoseconds}).low[0] == doctest::Approx(bounds.low[0] + 20));
}

TEST_CASE("Runs that never ended leave a change without a bound, and so do too few") {
  auto missed = six_repeats();
  missed.after[1] = missed.after[4] = kNever;
  CHECK(Bounds({missed}).high[0] == HUGE_VAL);
  CHECK(Bounds({missed}).low[0] > 0);
  std::swap(missed.before, missed.after);
  CHECK(Bounds({missed}).low[0] == -HUGE_VAL);
  CHECK(Bounds({missed}, {true}).low[0] == -HUGE_VAL);
  auto few = six_repeats();
  for (auto* values : {&few.before, &few.after}) values->resize(4);
  CHECK(Bounds({few}).low[0] == -HUGE_VAL);
  CHECK(Bounds({{Numbers(6, 0), Numbers(6, 1), 0, 0, true}}).high[0] == HUGE_VAL);  // an event
}

TEST_CASE("Equal values have an interval of no width to speak of") {
  const Bounds bounds({{Numbers(6, 2.0), Numbers(6, 2.5)}});
  CHECK(bounds.low[0] == doctest::Approx(0.5).epsilon(1e-4));
  CHECK(bounds.high[0] == doctest::Approx(0.5).epsilon(1e-4));
}
