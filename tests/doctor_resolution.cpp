#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "results/statistics.h"

using namespace sgdbench;

namespace {

constexpr double kError = 0.05;

/// 1 − 2·P(B < r), B binomial(n, ½), by adding up the cases.
double coverage(std::size_t n, std::size_t rank) {
  double below = 0, ways = 1;
  for (std::size_t j = 0; j < rank; ++j) {
    below += ways;
    ways *= static_cast<double>(n - j) / static_cast<double>(j + 1);
  }
  return 1 - 2 * below * std::pow(0.5, static_cast<double>(n));
}

/// doctest's Approx allows a multiple of 1 + |value|, which is everything for small values.
bool is_near(double value, double expected, double share) {
  return std::abs(value / expected - 1) <= share;
}

std::vector<double> independent_pieces(std::size_t n, double deviation) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> noise(0.005, 0.005 * deviation);
  std::vector<double> seconds(n);
  for (double& s : seconds) s = noise(random);
  return seconds;
}

}  // namespace

TEST_CASE("The rank of the median's interval is the largest that covers 95 %") {
  for (std::size_t n = 1; n < 6; ++n) CHECK(median_rank(n, kError) == 0);
  CHECK(median_rank(6, kError) == 1);
  CHECK(median_rank(10, kError) == 2);
  CHECK(median_rank(20, kError) == 6);
  for (const std::size_t n : {6u, 7u, 10u, 25u, 40u}) {
    const auto rank = median_rank(n, kError);
    CHECK(coverage(n, rank) >= 0.95);
    CHECK(coverage(n, rank + 1) < 0.95);
  }
}

TEST_CASE("Noise of independent pieces shrinks with the square root of their number") {
  const auto noise = noise_of(independent_pieces(20'000, 0.1), 0.1, 1);
  REQUIRE(noise);
  CHECK(is_near(noise->median_s, 0.005, 0.01));
  CHECK(is_near(noise->p05_s, 0.005 * (1 - 0.1645), 0.02));
  CHECK(is_near(noise->p95_s, 0.005 * (1 + 0.1645), 0.02));
  CHECK(is_near(noise->piece_spread, 0.1, 0.03));
  CHECK(is_near(noise->block_spread, 0.1 / std::sqrt(20), 0.1));
  CHECK(noise->decay > 0.45);
  CHECK(is_near(noise->run_spread, 0.1 / std::sqrt(200), 0.2));
}

TEST_CASE("Noise that lasts longer than a block does not shrink with a run's length") {
  auto seconds = independent_pieces(800, 0.001);
  for (std::size_t i = 0; i < seconds.size(); ++i)
    if (i / 100 % 2 == 1) seconds[i] *= 1.2;  // half a second fast, half a second slow
  const auto noise = noise_of(seconds, 0.1, 1);
  REQUIRE(noise);
  CHECK(noise->decay < 0.05);
  CHECK(noise->run_spread > 0.08);
}

TEST_CASE("There is no noise without three blocks, and none in equal pieces") {
  CHECK_FALSE(noise_of({}, 0.1, 1));
  CHECK_FALSE(noise_of(std::vector<double>(59, 0.005), 0.1, 1));
  const auto noise = noise_of(std::vector<double>(60, 0.005), 0.1, 1);
  REQUIRE(noise);
  CHECK(noise->run_spread < 1e-12);
  CHECK(std::isfinite(noise->decay));
}
