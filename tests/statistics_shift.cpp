#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "results/statistics/ranks.h"
#include "tests/statistics_samples.h"

using namespace sgdbench;
using Numbers = std::vector<double>;

TEST_CASE("The shift is the median of all differences of logarithms") {
  Samples samples(11);
  for (const std::size_t m : {1, 2, 5, 10})
    for (const std::size_t n : {1, 4, 9, 10}) {
      const auto a = samples.log_normal(m, 0.2), b = samples.log_normal(n, 0.2, 1.3);
      Numbers differences;
      for (const double x : a)
        for (const double y : b) differences.push_back(std::log(y) - std::log(x));
      CHECK(shift_between(a, b).value() == doctest::Approx(median(differences)));
    }
}

TEST_CASE("A shift turns round when the samples change places, and scales with their units") {
  Samples samples(12);
  const auto a = samples.log_normal(10, 0.1), b = samples.log_normal(7, 0.1, 1.2);
  auto scaled = b;
  for (double& value : scaled) value *= 1000;
  CHECK(*shift_between(a, b) == doctest::Approx(-*shift_between(b, a)));
  CHECK(*shift_between(a, scaled) == doctest::Approx(*shift_between(a, b) + std::log(1000)));
}

TEST_CASE("Missed targets make a factor infinite or take it away, never NaN") {
  const Numbers some{1, 2, 3, kNever, kNever}, none(5, kNever), all{1, 2, 3, 4, 5}, zero(5, 0.0);
  for (const auto& a : {some, none, all, zero})
    for (const auto& b : {some, none, all, zero})
      for (const auto& shift : {shift_between(a, b), shift_of_pairs(a, b)})
        CHECK_FALSE((shift && std::isnan(*shift)));
  CHECK(shift_between(all, none) == kNever);
  CHECK(shift_between(none, none) == 0);
  CHECK(shift_of_pairs(none, all) == -kNever);
  CHECK_FALSE(shift_between(Numbers{1, kNever}, Numbers{1, kNever}) == kNever);
  CHECK_FALSE(shift_between(Numbers{}, Numbers{1}));
}

TEST_CASE("A factor of pairs does not see what both of a pair have in common") {
  Samples samples(13);
  Numbers a, b;
  for (int i = 0; i < 20; ++i) {
    const double drift = std::exp(samples.normal());  // a machine that halves and doubles its speed
    a.push_back(drift * std::exp(0.01 * samples.normal()));
    b.push_back(drift * 1.1 * std::exp(0.01 * samples.normal()));
  }
  CHECK(std::exp(*shift_of_pairs(a, b)) == doctest::Approx(1.1).epsilon(0.02));
}

TEST_CASE("A factor of pairs is the median of all averages of two differences") {
  Numbers a(10, 1.0), b, averages;
  for (int i = 0; i < 10; ++i) b.push_back(std::exp(i * i));
  for (int i = 0; i < 10; ++i)
    for (int j = i; j < 10; ++j) averages.push_back((i * i + j * j) / 2.0);
  CHECK(*shift_of_pairs(a, b) == doctest::Approx(median(averages)));
}

TEST_CASE("Thousands of values are compared without a list of their differences") {
  Samples samples(14);
  const auto a = samples.log_normal(20000, 0.1), b = samples.log_normal(20000, 0.1, 1.1);
  CHECK(std::exp(*shift_between(a, b)) == doctest::Approx(1.1).epsilon(0.01));
}
