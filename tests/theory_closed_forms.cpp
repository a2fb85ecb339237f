// The closed forms against numbers that were worked out apart from them, and against brute force.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/theory/closed_forms.h"
#include "workloads/random.h"

using namespace sgdbench;
using namespace sgdbench::theory;
using doctest::Approx;

TEST_CASE("The K-th of eight exponential times has the harmonic sums for means") {
  const double means[] = {.06250, .13393, .21726, .31726, .44226, .60893, .85893, 1.35893};
  for (std::size_t k = 1; k <= 8; ++k) {
    CHECK(exponential_order(k, 8, 2).mean == Approx(means[k - 1]).epsilon(1e-4));
    CHECK(exponential_order(k, 8, 2).mean == Approx((harmonic(8) - harmonic(8 - k)) / 2));
  }
  CHECK(exponential_order(1, 8, 2).variance == Approx(1.0 / 256));
}

TEST_CASE("The K-th of eight Pareto times has the means of the gamma function's ratios") {
  const double means[] = {1.05263, 1.11643, 1.19617, 1.30019, 1.44465, 1.66691, 2.08363, 3.47272};
  for (std::size_t k = 1; k <= 8; ++k)
    CHECK(pareto_order(k, 8, 1, 2.5).mean == Approx(means[k - 1]).epsilon(1e-5));
  CHECK(std::isinf(pareto_order(8, 8, 1, 2).variance));
  // The least of P is Pareto of shape P·s, whose moments are elementary.
  CHECK(pareto_order(1, 8, 1, 2.5).mean == Approx(20.0 / 19));
  CHECK(pareto_order(1, 8, 1, 2.5).variance == Approx(20.0 / 18 - 400.0 / 361));
}

TEST_CASE("Order statistics of one time are its distribution's own mean and variance") {
  CHECK(uniform_order(1, 1, 2, 5).mean == Approx(3.5));
  CHECK(uniform_order(1, 1, 2, 5).variance == Approx(9.0 / 12));
  CHECK(exponential_order(1, 1, 4).variance == Approx(1.0 / 16));
  CHECK(pareto_order(1, 1, 2, 3).mean == Approx(3));
  CHECK(pareto_order(1, 1, 2, 3).variance == Approx(3));
}

TEST_CASE("Drawn order statistics agree with the moments") {
  // 5.1 standard errors: 3.4e-7 for each mean.
  constexpr int kRounds = 20'000;
  Random random(1);
  double uniform = 0, exponential = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::array<double, 5> u;
    for (auto& one : u) one = 1 - random.uniform();
    std::sort(u.begin(), u.end());
    uniform += u[2];
    exponential -= std::log(u[1]);  // the least u is the greatest −ln u: the fourth of five
  }
  const auto agrees = [](double sum, Moments distribution) {
    return std::abs(sum / kRounds - distribution.mean) <
           5.1 * std::sqrt(distribution.variance / kRounds);
  };
  CHECK(agrees(uniform, uniform_order(3, 5, 0, 1)));
  CHECK(agrees(exponential, exponential_order(4, 5, 1)));
}

TEST_CASE("The slowest of unequal workers takes as long as the sum over their subsets says") {
  CHECK(unequal_exponential_max(std::array{1.0, 2.0, 4.0}) == Approx(1.19286).epsilon(1e-5));
  CHECK(unequal_exponential_max(std::array{1.0, 1.0, 1.0, 1.0}) == Approx(harmonic(4)));
  CHECK(straggler_max(8, 0.1, 5) == Approx(3.27813).epsilon(1e-5));
}

TEST_CASE("A server that is never busy takes every gradient, and a slow one as many as it can") {
  CHECK(repairman_throughput(8, 1, 4) == Approx(3.87832).epsilon(1e-6));
  CHECK(repairman_throughput(8, 1, 1e9) == Approx(8));
  CHECK(repairman_throughput(8, 1, 0.01) == Approx(0.01));
  CHECK(kSspThroughput[0].throughput == Approx(8 / harmonic(8)).epsilon(0.002));
}

TEST_CASE("All-reduce costs what the ring and the server's link take") {
  CHECK(ring_cost(4, 1, 100, 10) == Approx(6 + 15));
  CHECK(ring_cost(1, 1, 100, 10) == 0);
  CHECK(server_cost(4, 2, 1, 100, 10) == Approx(2 + 40));
}

TEST_CASE("Equal workers of ringmaster are best used all together") {
  CHECK(ringmaster_time(std::array{1.0, 1.0}, 4) == Approx(2 * (1 + 4.0 / 2)));
  CHECK(ringmaster_time(std::array{1.0, 1000.0}, 1) == Approx(4 / 1.001 * 1.5).epsilon(0.4));
  CHECK(ringmaster_time(std::array{1.0, 1e9}, 1) <= 4 * (1 + 1e-9));  // the slow one left aside
}

TEST_CASE("Geometric staleness has the mean P − 1 and the variance P(P − 1)") {
  double sum = 0, mean = 0, square = 0;
  for (std::size_t k = 0; k < 2000; ++k) {
    const double p = geometric_staleness(8, k), tau = static_cast<double>(k);
    sum += p;
    mean += tau * p;
    square += tau * tau * p;
  }
  CHECK(sum == Approx(1));
  CHECK(mean == Approx(7));
  CHECK(square - mean * mean == Approx(56));
  const std::array rates{1.0, 2.0, 4.0}, means{6.0, 2.5, 0.75};
  for (std::size_t i = 0; i < 3; ++i) CHECK(unequal_staleness(rates, i) == Approx(means[i]));
}

TEST_CASE("Delayed gradient descent decays below its bound and grows above it") {
  const std::pair<std::size_t, double> bounds[] = {{0, 2},          {1, 1},         {2, .61803399},
                                                   {3, .44504187},  {5, .28462968}, {8, .18453672},
                                                   {16, .09516383}, {32, .04832749}};
  for (const auto& [delay, bound] : bounds) {
    CHECK(delayed_descent_bound(delay) == Approx(bound).epsilon(1e-7));
    double below = 0, above = 0;
    for (std::size_t t = 0; t <= 4 * delay + 2; ++t) {  // more than a period of the oscillation
      const std::size_t updates = 400 * (delay + 1) + t;
      below = std::max(below, std::abs(delayed_descent(delay, 0.98 * bound, updates)));
      above = std::max(above, std::abs(delayed_descent(delay, 1.02 * bound, updates)));
    }
    CHECK(below < 0.1);
    CHECK(above > 10);
  }
  CHECK(elastic_bound(1) == Approx(2.0 / 3));
}

TEST_CASE("The error floors are those of the recursion of variances") {
  // x_{t+1} = x_t − a·x_{t−1} + ε. With v_t = E[x_t²] and c_t = E[x_t·x_{t−1}]:
  // v_{t+1} = v_t + a²·v_{t−1} − 2a·c_t + 1,  c_{t+1} = v_t − a·c_t.
  for (const double a : {0.1, 0.5, 0.9}) {
    double before = 0, v = 0, c = 0;
    for (int t = 0; t < 2000; ++t) {
      const double next = v + a * a * before - 2 * a * c + 1;
      c = v - a * c;
      before = v;
      v = next;
    }
    CHECK(delayed_error_floor(1, a) == Approx(v).epsilon(1e-6));
    CHECK(delayed_error_floor(0, a) == Approx(1 / (1 - (1 - a) * (1 - a))));
  }
}

TEST_CASE("One asynchronous worker descends without momentum") {
  CHECK(expected_asynchronous_descent(1, 0.25, 10) == Approx(std::pow(0.75, 10)));
}
