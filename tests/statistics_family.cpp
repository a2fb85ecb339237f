// The gate's decision: exact where it can be counted by hand, and how often it is wrong on seeded
// synthetic families.
//
// Bounds are binomial: of N comparisons, each a false alarm with probability alpha = 1 %, more than
// the bound has a probability below 0.1 %.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/math/distributions/hypergeometric.hpp>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include "results/statistics/family.h"
#include "tests/statistics_samples.h"

using namespace sgdbench;
using Numbers = std::vector<double>;

namespace {

constexpr double kAlpha = 0.01;
const double kAllowed = std::log(1.05);

using Noise = std::function<Numbers(Samples&, std::size_t)>;  ///< logarithms of times

Numbers log_normal(Samples& samples, std::size_t n) {
  Numbers values(n);
  for (double& value : values) value = 0.03 * samples.normal();
  return values;
}
/// One in seven is slowed by a neighbour, often by a factor.
Numbers heavy(Samples& samples, std::size_t n) {
  auto values = log_normal(samples, n);
  for (double& value : values)
    if (samples.uniform() < 1.0 / 7) value -= 0.3 * std::log(samples.uniform());
  return values;
}
/// Of neighbouring repeats 60 % is shared.
Numbers autocorrelated(Samples& samples, std::size_t n) {
  auto values = log_normal(samples, n);
  for (std::size_t i = 1; i < n; ++i) values[i] = 0.6 * values[i - 1] + 0.8 * values[i];
  return values;
}

/// Twenty configurations, half of them with two workers; the first `slow` take `factor` as long.
std::vector<Measured> family(Samples& samples, std::size_t n, const Noise& noise, double factor,
                             std::size_t slow) {
  std::vector<Measured> things(20);
  for (std::size_t i = 0; i < things.size(); ++i) {
    things[i] = {noise(samples, n), noise(samples, n), kAllowed, 1 + i % 2};
    if (i >= slow) continue;
    for (double& value : things[i].after) value += std::log(factor);
  }
  return things;
}

/// From the k-th thing on.
bool any_worse(const std::vector<Judged>& judged, std::size_t k = 0) {
  return std::any_of(judged.begin() + static_cast<std::ptrdiff_t>(k), judged.end(),
                     [](const Judged& one) { return one.worse <= kAlpha; });
}

/// Of `count` comparisons, those that call anything worse.
int alarms(int count, std::size_t n, const Noise& noise, double factor, std::size_t slow,
           bool paired = false) {
  Samples samples(n + 100 * slow + (paired ? 7 : 0));
  int found = 0;
  for (int i = 0; i < count; ++i) {
    const auto things = family(samples, n, noise, factor, slow);
    Dealing dealing{paired, 300, static_cast<std::uint64_t>(i)};
    dealing.inflation = neighbours(things, dealing).inflation();
    found += any_worse(judge_family(things, dealing));
  }
  MESSAGE(n << " repeats, " << slow << " slower by " << std::lround(100 * factor - 100) << " %"
            << std::string(paired ? ", paired" : "") << ": " << found << " of " << count);
  return found;
}

Measured events(std::size_t n, int before, int after) {
  Measured thing{Numbers(n), Numbers(n), 0, 0, true};
  std::fill_n(thing.before.begin(), before, 1);
  std::fill_n(thing.after.begin(), after, 1);
  return thing;
}

}  // namespace

TEST_CASE("Five repeats all slower have the least p-value of 252 arrangements, in any family") {
  Samples samples(1);
  auto things = family(samples, 5, log_normal, 1.5, 1);
  CHECK(judge_family({things.data(), 1}, {})[0].worse == doctest::Approx(1.0 / 252));
  CHECK(judge_family(things, {})[0].worse == doctest::Approx(1.0 / 252));
  CHECK(least_p(5, 5, false) == doctest::Approx(1.0 / 252));
  CHECK(least_p(4, 4, false) > kAlpha);
}

TEST_CASE("Pairs need seven rounds, and what both of a pair share is no noise") {
  for (const std::size_t n : {6, 7}) {
    Measured thing;
    for (std::size_t i = 0; i < n; ++i) {
      const double drift = std::pow(static_cast<double>(i), 2);
      thing.before.push_back(drift);
      thing.after.push_back(drift + 0.1 + 0.001 * static_cast<double>(i % 3));
    }
    CHECK(judge_family({&thing, 1}, {true})[0].worse == doctest::Approx(std::pow(0.5, n)));
    CHECK(least_p(n, n, true) == std::pow(0.5, n));
  }
  CHECK(least_p(7, 7, true) < kAlpha);
  CHECK(least_p(6, 6, true) > kAlpha);
}

TEST_CASE("Misses have the p-value of Fisher's exact test") {
  for (const auto& [before, after] : {std::pair{0, 5}, {0, 4}, {1, 5}, {2, 3}, {3, 1}}) {
    const auto thing = events(6, before, after);
    const boost::math::hypergeometric_distribution<> chosen(static_cast<unsigned>(before + after),
                                                            6, 12);
    double tail = 0;
    for (int k = after; k <= std::min(6, before + after); ++k) tail += pdf(chosen, k);
    CHECK(judge_family({&thing, 1}, {})[0].worse == doctest::Approx(tail));
    CHECK(judge_family({&thing, 1}, {})[0].not_worse == 1);
  }
}

TEST_CASE("The order of arguments and a unit of their own change nothing") {
  Samples samples(3);
  auto things = family(samples, 7, log_normal, 1.12, 3);
  const auto judged = judge_family(things, {});
  auto turned = things;
  std::reverse(turned.begin(), turned.end());
  for (auto& thing : turned)
    for (auto* side : {&thing.before, &thing.after})
      for (double& value : *side) value += 20;  // nanoseconds
  const auto again = judge_family(turned, {});
  for (std::size_t i = 0; i < things.size(); ++i) {
    CHECK(again[19 - i].worse == judged[i].worse);
    CHECK(again[19 - i].not_worse == judged[i].not_worse);
  }
}

TEST_CASE("What is missing on one side is no value, and what never ended is the slowest") {
  Measured thing{{1, 1.01, 1.02, 1.03, 1.04, 1.05}, {1, 1.02, 1.01, 1.04, 1.03, 1.05}};
  CHECK(judge_family({&thing, 1}, {})[0].worse > 0.4);
  auto shorter = thing;
  shorter.after[2] = kNoValue;
  CHECK(judge_family({&shorter, 1}, {})[0].worse > 0.3);
  auto never = thing;
  for (const std::size_t i : {0, 2, 5}) never.after[i] = kNever;
  CHECK(judge_family({&never, 1}, {})[0].worse < judge_family({&thing, 1}, {})[0].worse);
  auto mirror = never;
  std::swap(mirror.before, mirror.after);
  CHECK(judge_family({&mirror, 1}, {})[0].worse > 0.6);  // a miss of BASE is no slowness of NEW
  // Of five, BASE misses two; NEW, none, and takes longer then. Nothing became worse.
  const Measured better{{1, 1.01, 1.02, kNever, kNever}, {1, 1.01, 1.02, 1.5, 1.6}};
  CHECK(judge_family({&better, 1}, {})[0].worse > 0.4);
  never.after = Numbers(6, kNever);
  CHECK(judge_family({&never, 1}, {})[0].worse == 1);  // its misses are an event of their own
}

TEST_CASE("Whatever the true change up to the threshold, false alarms stay within alpha") {
  const int most = most_false(100);
  for (const std::size_t n : {5, 10})
    for (const double factor : {1.0, 1.03, 1.05}) {
      CAPTURE(n);
      CAPTURE(factor);
      CHECK(alarms(100, n, log_normal, factor, 20) <= most);
      CHECK(alarms(100, n, heavy, factor, 20) <= most);
      CHECK(alarms(100, n, autocorrelated, factor, 20) <= most);
    }
  CHECK(alarms(100, 10, log_normal, 1.05, 20, true) <= most);
  CHECK(alarms(100, 10, heavy, 1.05, 20, true) <= most);
}

TEST_CASE("What changed in other configurations makes no false alarm of those at the threshold") {
  for (const double others : {1.5, 0.6})
    for (const std::size_t n : {5, 10})
      for (const bool paired : {false, true}) {
        if (paired && n == 5) continue;
        Samples samples(n);
        int wrong = 0;
        for (int i = 0; i < 60; ++i) {
          auto things = family(samples, n, log_normal, 1.05, 20);
          for (std::size_t k = 0; k < 11; ++k)
            for (double& value : things[k].after) value += std::log(others / 1.05);
          const auto judged = judge_family(things, {paired, 300, static_cast<std::uint64_t>(i)});
          wrong += any_worse(judged, others > 1 ? 11 : 0);
        }
        CAPTURE(others);
        CAPTURE(n);
        CAPTURE(paired);
        CHECK(wrong <= most_false(60));
      }
}

TEST_CASE("One report noisier than the other makes no false alarm, with more repeats or fewer") {
  struct Side {
    std::size_t repeats;
    double noise;
  };
  const std::pair<Side, Side> kReports[] = {{{10, 0.06}, {10, 0.03}}, {{10, 0.03}, {10, 0.06}},
                                            {{5, 0.03}, {20, 0.03}},  {{20, 0.06}, {5, 0.03}},
                                            {{5, 0.06}, {5, 0.03}},   {{20, 0.06}, {20, 0.03}}};
  const auto wrong_of = [](const Side& before, const Side& after) {
    Samples samples(before.repeats);
    int wrong = 0;
    for (int i = 0; i < 100; ++i) {
      std::vector<Measured> things(10);
      for (auto& thing : things) {
        for (std::size_t k = 0; k < before.repeats; ++k)
          thing.before.push_back(before.noise * samples.normal());
        for (std::size_t k = 0; k < after.repeats; ++k)
          thing.after.push_back(kAllowed + after.noise * samples.normal());
        thing.allowed = kAllowed;
      }
      wrong += any_worse(judge_family(things, {false, 300, static_cast<std::uint64_t>(i)}));
    }
    MESSAGE(before.repeats << " of " << before.noise << " against " << after.repeats << " of "
                           << after.noise << ": " << wrong << " of 100");
    return wrong;
  };
  for (const auto& [before, after] : kReports) CHECK(wrong_of(before, after) <= most_false(100));
  // Five times as noisy, it makes a few, all of them at the very threshold.
  CHECK(wrong_of({10, 0.1}, {10, 0.02}) <= most_false(100, 0.05));
}

TEST_CASE("A change of exactly what is allowed is none, however its rounding falls") {
  Samples samples(4);
  for (int i = 0; i < 50; ++i) {
    const double value = std::log(samples.uniform());
    const Measured thing{Numbers(6, value), Numbers(6, value + kAllowed), kAllowed};
    CHECK(judge_family({&thing, 1}, {})[0].worse > 0.4);
  }
}

TEST_CASE("Repeats that are alike are worth fewer, and hide no change that is plain all the same") {
  Samples samples(6);
  double correlation = 0;
  constexpr int kTimes = 40;
  for (int i = 0; i < kTimes; ++i)
    correlation += neighbours(family(samples, 20, autocorrelated, 1, 0), {}).correlation / kTimes;
  CHECK(correlation == doctest::Approx(0.6).epsilon(0.1));
  CHECK(alarms(100, 10, autocorrelated, 1.5, 1) >= 95);
  CHECK(alarms(100, 10, log_normal, 1.5, 1) == 100);
  CHECK(Alike{0.6, 0.001}.inflation() == doctest::Approx(2));
  CHECK(Alike{0.6, 0.2}.inflation() == 1);
  CHECK(Alike{-0.6, 0.001}.inflation() == 1);
}

TEST_CASE("A change well beyond the threshold is found") {
  CHECK(alarms(100, 5, log_normal, 1.2, 1) >= 80);
  CHECK(alarms(100, 10, log_normal, 1.15, 1) >= 85);
  CHECK(alarms(100, 10, heavy, 1.2, 1) >= 60);
  CHECK(alarms(100, 10, log_normal, 1.15, 1, true) >= 85);
}

TEST_CASE("Where noise is small, what lies just beyond the threshold is found beside what is not") {
  const auto quiet = [](Samples& samples, std::size_t n) {
    auto values = log_normal(samples, n);
    for (double& value : values) value *= 0.1;
    return values;
  };
  CHECK(alarms(50, 5, quiet, 1.065, 1) >= 40);
  CHECK(alarms(50, 10, quiet, 1.06, 1) >= 45);
}

TEST_CASE("Fine is called of what is slower than allowed at most alpha of the time") {
  Samples samples(9);
  int wrong = 0, right = 0;
  for (int i = 0; i < 300; ++i) {
    auto things = family(samples, 10, log_normal, 1.05, 20);
    const Dealing dealing{false, 300, static_cast<std::uint64_t>(i)};
    const auto fine = [&] {
      const auto judged = judge_family(things, dealing);
      return std::count_if(judged.begin(), judged.end(),
                           [](const Judged& one) { return one.not_worse <= kAlpha; });
    };
    wrong += fine() > 0;
    for (auto& thing : things)
      for (double& value : thing.after) value -= std::log(1.05 * 1.05);
    right += fine() == 20;
  }
  CHECK(wrong <= most_false(300));
  CHECK(right >= 250);
}

TEST_CASE("The chance that is told is the share of comparisons that find the change") {
  for (const std::size_t n : {5, 10}) {
    Samples samples(17 + n);
    double told = 0;
    constexpr int kTimes = 15;
    const double changes[] = {std::log(1.15)};
    std::vector<std::size_t> things(20);
    std::iota(things.begin(), things.end(), 0);
    for (int i = 0; i < kTimes; ++i)
      told +=
          chances(family(samples, n, log_normal, 1, 0), things, {false, 300}, kAlpha, changes)[0] /
          kTimes;
    const double found = alarms(200, n, log_normal, 1.15, 1) / 200.0;
    MESSAGE(n << " repeats: told " << told << ", found " << found);
    CHECK(std::abs(told - found) < 0.1);
  }
}
