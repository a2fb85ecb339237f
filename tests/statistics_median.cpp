#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "results/statistics.h"
#include "tests/statistics_samples.h"

using namespace sgdbench;

namespace {

std::vector<double> one_to(int n) {
  std::vector<double> values;
  for (int i = n; i > 0; --i) values.push_back(i);
  return values;
}

void check_ranks(int n, double confidence, double low, double high) {
  CAPTURE(n);
  CAPTURE(confidence);
  const auto found = median_interval(one_to(n), confidence);
  REQUIRE(found);
  CHECK(found->low == low);
  CHECK(found->high == high);
}

}  // namespace

TEST_CASE("The interval of a median has the ranks of the binomial distribution's tables") {
  // 2·P(Binomial(n, ½) ≤ k − 1): 0.0625 for n = 5, k = 1; 0.0215 for n = 10, k = 2; 0.1094 for
  // k = 3; 0.0414 for n = 20, k = 6.
  check_ranks(5, 0.90, 1, 5);
  check_ranks(6, 0.95, 1, 6);
  check_ranks(8, 0.99, 1, 8);
  check_ranks(10, 0.95, 2, 9);
  check_ranks(10, 0.89, 3, 8);
  check_ranks(20, 0.95, 6, 15);
  check_ranks(5, 0.9375, 1, 5);
}

TEST_CASE("Too few values have no interval of their median") {
  CHECK_FALSE(median_interval({}, 0.5));
  CHECK_FALSE(median_interval(one_to(4), 0.90));
  CHECK_FALSE(median_interval(one_to(5), 0.95));
  CHECK_FALSE(median_interval(one_to(7), 0.99));
}

TEST_CASE("An interval of a median is never turned round, whatever the confidence") {
  for (int n = 1; n < 40; ++n)
    for (const double confidence : {0.0, 0.01, 0.5, 0.9, 0.999}) {
      const auto found = median_interval(one_to(n), confidence);
      if (found) CHECK(found->low <= found->high);
    }
}

TEST_CASE("Thousands of values have an interval about their middle") {
  // k is about n/2 − 1.96·√n/2.
  const auto found = median_interval(one_to(10000), 0.95);
  REQUIRE(found);
  CHECK(found->low == doctest::Approx(4902).epsilon(0.001));
  CHECK(found->low + found->high == 10001);
}

TEST_CASE("Missed targets push the interval of a median to infinity, not out of it") {
  const auto found = median_interval(std::vector{1.0, 2.0, 3.0, kNever, kNever}, 0.90);
  REQUIRE(found);
  CHECK(found->low == 1);
  CHECK(found->high == kNever);
}

TEST_CASE("An interval of a median holds the median as often as it says") {
  std::mt19937_64 random(1);
  std::exponential_distribution<double> draw(1);  // median ln 2
  int held = 0;
  constexpr int kTrials = 4000;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> values(9);
    std::generate(values.begin(), values.end(), [&] { return draw(random); });
    const auto found = median_interval(values, 0.90);
    if (found && found->low <= 0.6931472 && 0.6931472 <= found->high) ++held;
  }
  // At n = 9 and k = 2 it is 0.9609; five standard deviations of a share of 4,000 are 0.0153.
  CHECK(static_cast<double>(held) / kTrials == doctest::Approx(0.9609).epsilon(0.0153));
}

TEST_CASE("A geometric mean is that of the factors, and turns round with them") {
  CHECK(geometric_mean(std::vector{2.0, 8.0}) == doctest::Approx(4));
  CHECK(geometric_mean(std::vector{0.5, 0.125}) == doctest::Approx(0.25));
  CHECK(geometric_mean(std::vector{1e300, 1e300, 1e300}) == doctest::Approx(1e300));
}
