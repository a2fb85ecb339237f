#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "results/statistics/ranks.h"
#include "tests/statistics_samples.h"

using namespace sgdbench;
using Numbers = std::vector<double>;

namespace {

bool ordered(const Shift& shift) {
  const bool centre = !shift.centre || !std::isnan(*shift.centre);
  return centre && (!shift.interval || shift.interval->low <= shift.interval->high);
}

}  // namespace

TEST_CASE("The shift is the median of all differences of logarithms") {
  Samples samples(11);
  for (const std::size_t m : {1, 2, 5, 10})
    for (const std::size_t n : {1, 4, 9, 10}) {
      const auto a = samples.log_normal(m, 0.2), b = samples.log_normal(n, 0.2, 1.3);
      Numbers differences;
      for (const double x : a)
        for (const double y : b) differences.push_back(std::log(y) - std::log(x));
      CHECK(shift_between(a, b, 0.9).centre.value() == doctest::Approx(median(differences)));
    }
}

TEST_CASE("The interval's ends are the differences that the tables of U give") {
  // P(U ≤ 4) = 0.0476 for m = n = 5: at 90 % the fifth smallest and largest of 25 differences.
  const Numbers a{1, 1, 1, 1, 1}, b{2, 3, 4, 5, 6};
  const auto shift = shift_between(a, b, 0.90);
  REQUIRE(shift.interval);
  CHECK(std::exp(shift.interval->low) == doctest::Approx(2));
  CHECK(std::exp(shift.interval->high) == doctest::Approx(6));
  const auto narrower = shift_between(a, b, 0.80);  // P(U ≤ 6) = 0.0754: the eighth
  CHECK(std::exp(narrower.interval->low) == doctest::Approx(3));
  CHECK(std::exp(*shift.centre) == doctest::Approx(4));
}

TEST_CASE("Too few values have a shift without an interval") {
  const auto shift = shift_between(Numbers{1, 2}, Numbers{2, 4}, 0.90);
  CHECK(std::exp(*shift.centre) == doctest::Approx(2));
  CHECK_FALSE(shift.interval);
  CHECK_FALSE(shift_between(Numbers{}, Numbers{1}, 0.90).centre);
  CHECK_FALSE(shift_of_pairs(Numbers{1, 2, 3}, Numbers{1, 2, 3}, 0.90).interval);
}

TEST_CASE("The distribution of U is what counting every arrangement gives") {
  for (const auto& [m, n] :
       std::vector<std::pair<unsigned, unsigned>>{{1, 1}, {1, 6}, {3, 4}, {5, 5}, {7, 3}}) {
    Numbers counts(m * n + 1);
    double all = 0;
    for (unsigned chosen = 0; chosen < 1u << (m + n); ++chosen) {
      unsigned u = 0, below = 0;  // pairs of a chosen value and one below it that is not
      for (unsigned i = 0; i < m + n; ++i)
        if (chosen >> i & 1)
          u += below;
        else
          ++below;
      if (below != m) continue;
      ++counts[u];
      ++all;
    }
    const auto p = rank_sum_distribution(m, n);
    REQUIRE(p.size() == counts.size());
    for (std::size_t u = 0; u < p.size(); ++u) CHECK(p[u] == doctest::Approx(counts[u] / all));
  }
}

TEST_CASE("The fewest samples that can differ are those whose extreme arrangement is rare enough") {
  CHECK(least_samples(0.01) == 5);       // 2/252
  CHECK(least_samples(0.01 / 60) == 8);  // 2/12870; 2/3432 is too much
}

TEST_CASE("A shift turns round when the samples change places, and scales with their units") {
  Samples samples(12);
  const auto a = samples.log_normal(10, 0.1), b = samples.log_normal(7, 0.1, 1.2);
  auto scaled = b;
  for (double& value : scaled) value *= 1000;
  const auto there = shift_between(a, b, 0.85), back = shift_between(b, a, 0.85),
             far = shift_between(a, scaled, 0.85);
  CHECK(*there.centre == doctest::Approx(-*back.centre));
  CHECK(there.interval->low == doctest::Approx(-back.interval->high));
  CHECK(*far.centre == doctest::Approx(*there.centre + std::log(1000)));
}

TEST_CASE("Missed targets make a factor infinite or take it away, never NaN") {
  const Numbers some{1, 2, 3, kNever, kNever}, none(5, kNever), all{1, 2, 3, 4, 5}, zero(5, 0.0);
  for (const auto& a : {some, none, all, zero})
    for (const auto& b : {some, none, all, zero}) {
      CHECK(ordered(shift_between(a, b, 0.85)));
      CHECK(ordered(shift_of_pairs(a, b, 0.85)));
    }
  CHECK(shift_between(all, none, 0.85).centre == kNever);
  CHECK(shift_between(none, none, 0.85).centre == 0);
  CHECK(shift_between(all, none, 0.85).interval->low == kNever);
  CHECK(shift_of_pairs(none, all, 0.85).centre == -kNever);
  CHECK_FALSE(shift_between(Numbers{1, kNever}, Numbers{1, kNever}, 0.85).centre == kNever);
}

TEST_CASE("A factor of pairs does not see what both of a pair have in common") {
  Samples samples(13);
  Numbers a, b;
  for (int i = 0; i < 20; ++i) {
    const double drift = std::exp(samples.normal());  // a machine that halves and doubles its speed
    a.push_back(drift * std::exp(0.01 * samples.normal()));
    b.push_back(drift * 1.1 * std::exp(0.01 * samples.normal()));
  }
  const auto pairs = shift_of_pairs(a, b, 0.85);
  CHECK(std::exp(pairs.interval->low) > 1.05);
  CHECK(std::exp(*pairs.centre) == doctest::Approx(1.1).epsilon(0.02));
  CHECK(shift_between(a, b, 0.85).interval->low < 0);
}

TEST_CASE("The Walsh interval's ends are the averages that the tables of T give") {
  // P(T ≤ 10) = 0.0420, P(T ≤ 11) = 0.0527 for n = 10: at 90 % the eleventh of 55 averages.
  Numbers a(10, 1.0), b, averages;
  for (int i = 0; i < 10; ++i) b.push_back(std::exp(i * i));
  for (int i = 0; i < 10; ++i)
    for (int j = i; j < 10; ++j) averages.push_back((i * i + j * j) / 2.0);
  std::sort(averages.begin(), averages.end());
  const auto shift = shift_of_pairs(a, b, 0.90);
  CHECK(shift.interval->low == doctest::Approx(averages[10]));
  CHECK(shift.interval->high == doctest::Approx(averages[44]));
  CHECK(*shift.centre == doctest::Approx(averages[27]));
}

TEST_CASE("Thousands of values are compared without a list of their differences") {
  Samples samples(14);
  const auto a = samples.log_normal(20000, 0.1), b = samples.log_normal(20000, 0.1, 1.1);
  const auto shift = shift_between(a, b, 0.85);
  CHECK(std::exp(*shift.centre) == doctest::Approx(1.1).epsilon(0.01));
  CHECK(shift.interval->high - shift.interval->low < 0.01);
}

TEST_CASE("An interval of a factor holds it as often as it says") {
  Samples samples(15);
  int held = 0, pairs_held = 0;
  constexpr int kTrials = 1000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto a = samples.log_normal(10, 0.2), b = samples.log_normal(10, 0.2, 1.5);
    const auto holds = [](const Shift& shift) {
      return shift.interval->low <= std::log(1.5) && std::log(1.5) <= shift.interval->high;
    };
    held += holds(shift_between(a, b, 0.85));
    pairs_held += holds(shift_of_pairs(a, b, 0.85));
  }
  // At least 85 %; four standard deviations of the count below 850 are 45.
  CHECK(held >= 805);
  CHECK(pairs_held >= 805);
  CHECK(held <= 930);
}
