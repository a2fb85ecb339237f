// Distributions of durations: what they draw, and what they are not.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "backends/conditions/conditions.h"
#include "backends/conditions/distribution.h"
#include "workloads/random.h"

using namespace sgdbench;

namespace {

constexpr std::size_t kDraws = 100'000;

std::vector<double> draws_of(std::string_view text, std::uint64_t stream = 5) {
  const Distribution distribution = Distribution::parse(text);
  std::vector<double> draws(kDraws);
  for (std::size_t i = 0; i < kDraws; ++i) draws[i] = distribution.draw(stream, i);
  return draws;
}

/// sup |Fₙ − F|. By Dvoretzky, Kiefer, Wolfowitz and Massart it exceeds ε with a probability of at
/// most 2·exp(−2nε²): ε = 0.01 at n = 100,000: 4e-9.
double distance(std::vector<double> draws, const std::function<double(double)>& cdf) {
  std::sort(draws.begin(), draws.end());
  const auto n = static_cast<double>(draws.size());
  double most = 0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double f = cdf(draws[i]);
    const auto k = static_cast<double>(i);
    most = std::max({most, std::abs(f - k / n), std::abs((k + 1) / n - f)});
  }
  return most;
}

double mean_of(const std::vector<double>& draws) {
  double sum = 0;
  for (const double draw : draws) sum += draw;
  return sum / static_cast<double>(draws.size());
}

std::uint64_t ulps_apart(double a, double b) {
  const auto x = std::bit_cast<std::int64_t>(a), y = std::bit_cast<std::int64_t>(b);
  return static_cast<std::uint64_t>(x > y ? x - y : y - x);
}

}  // namespace

TEST_CASE("The logarithm is within 4 units in the last place of the library's, and so is e^y") {
  Random random(1);
  std::uint64_t log_worst = 0, exp_worst = 0;
  for (int i = 0; i < 200'000; ++i) {
    for (const double x : {uniform_at(1, static_cast<std::uint64_t>(i)),
                           std::ldexp(1 + random.uniform(), int(random.below(2000)) - 1000),
                           1 + (random.uniform() - 0.5) * std::ldexp(1, -int(random.below(50)))})
      log_worst = std::max(log_worst, ulps_apart(natural_log(x), std::log(x)));
    const double y = 700 * random.uniform();
    exp_worst = std::max(exp_worst, ulps_apart(exponential_of(y), std::exp(y)));
  }
  CHECK(log_worst <= 4);
  CHECK(exp_worst <= 4);
  CHECK(natural_log(1) == 0);
  CHECK(exponential_of(0) == 1);
}

TEST_CASE("A power is as exact as its logarithm lets it be") {
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const double u = uniform_at(2, i), k = 1 + 5 * uniform_at(3, i);
    const double y = -std::log(u) / k;
    CHECK(static_cast<double>(ulps_apart(inverse_root(u, k), std::exp(y))) <= 8 + 4 * y);
  }
}

TEST_CASE("Draws are these numbers, to the last bit, wherever this is compiled") {
  struct Golden {
    const char* distribution;
    double first, second;
  };
  for (const auto& golden :
       {Golden{"uniform:1s,2s", 0x1.5e41ab0874396p+0, 0x1.d172be56eb3b2p+0},
        Golden{"exp:1s", 0x1.ff9191e4e4295p-1, 0x1.9b09143aae824p-3},
        Golden{"shifted-exp:1s,2s", 0x1.7fc8c8f27214ap+1, 0x1.66c2450eaba09p+0},
        Golden{"pareto:1s,2.5", 0x1.7dc747cc95955p+0, 0x1.1566355488f47p+0}}) {
    CAPTURE(golden.distribution);
    CHECK(Distribution::parse(golden.distribution).draw(1, 0) == golden.first);
    CHECK(Distribution::parse(golden.distribution).draw(2, 9) == golden.second);
  }
}

TEST_CASE("Every distribution draws as its name says") {
  CHECK(distance(draws_of("uniform:1s,3s"), [](double x) { return (x - 1) / 2; }) < 0.01);
  CHECK(distance(draws_of("exp:2s"), [](double x) { return 1 - std::exp(-x / 2); }) < 0.01);
  CHECK(distance(draws_of("shifted-exp:1s,2s"),
                 [](double x) { return 1 - std::exp(-(x - 1) / 2); }) < 0.01);
  CHECK(distance(draws_of("pareto:2s,2.5"), [](double x) { return 1 - std::pow(2 / x, 2.5); }) <
        0.01);
  const auto drawn = draws_of("bernoulli:0.3,5s");
  const auto slow = std::count(drawn.begin(), drawn.end(), 5.0);
  CHECK(slow + std::count(drawn.begin(), drawn.end(), 0.0) == kDraws);
  // Hoeffding: beyond 0.01 with probability 2·exp(−2n·0.01²) = 4e-9.
  CHECK(std::abs(static_cast<double>(slow) / kDraws - 0.3) < 0.01);
}

TEST_CASE("The mean of many draws is the distribution's mean") {
  // Hoeffding for [1, 3]: beyond 2·0.01 with probability 4e-9. Chernoff for exponentials: beyond
  // 2 % with probability 2·exp(−n(0.02 − ln 1.02)) = 6e-9.
  CHECK(std::abs(mean_of(draws_of("uniform:1s,3s")) - 2) < 0.02);
  CHECK(std::abs(mean_of(draws_of("exp:2s")) - 2) < 0.04);
  CHECK(std::abs(mean_of(draws_of("shifted-exp:1s,2s")) - 3) < 0.04);
  CHECK(Distribution::parse("uniform:1s,3s").mean() == 2);
  CHECK(Distribution::parse("shifted-exp:1s,2s").mean() == 3);
  CHECK(Distribution::parse("pareto:3s,2.5").mean() == doctest::Approx(5));
  CHECK(Distribution::parse("bernoulli:0.25,4s").mean() == 1);
  CHECK(Distribution::parse("constant:250us").mean() == 250e-6);
  CHECK(Distribution::exponential(0.5).mean() == 0.5);
}

TEST_CASE("Times that are a power of two longer give draws that are longer by exactly that") {
  for (const auto& [one, many] : {std::pair{"uniform:1s,3s", "uniform:64s,192s"},
                                  {"exp:3s", "exp:192s"},
                                  {"shifted-exp:1s,3s", "shifted-exp:64s,192s"},
                                  {"pareto:3s,1.7", "pareto:192s,1.7"},
                                  {"bernoulli:0.5,3s", "bernoulli:0.5,192s"}}) {
    const Distribution a = Distribution::parse(one), b = Distribution::parse(many);
    for (std::uint64_t i = 0; i < 1000; ++i) CHECK(64 * a.draw(3, i) == b.draw(3, i));
  }
}

TEST_CASE("A draw depends on its stream and index alone, and streams are apart") {
  const Distribution distribution = Distribution::parse("exp:1s");
  const auto draws = draws_of("exp:1s", 8);
  for (const std::size_t i : {99'999UL, 0UL, 500UL, 7UL})
    CHECK(distribution.draw(8, i) == draws[i]);
  CHECK(draws_of("exp:1s", 8) == draws);
  std::size_t same = 0;
  const auto others = draws_of("exp:1s", 9);
  for (std::size_t i = 0; i < kDraws; ++i) same += draws[i] == others[i];
  CHECK(same == 0);  // by chance with probability n/2⁵³ = 1e-11
  CHECK(stream_of(1, 2, Purpose::delay) != stream_of(2, 1, Purpose::delay));
  CHECK(stream_of(1, 2, Purpose::delay) != stream_of(1, 2, Purpose::push));
}

TEST_CASE("Multiplied by its slowdown, a gradient takes its own time and its delay") {
  Conditions conditions;
  CHECK_FALSE(conditions.any());
  conditions.compute_delay = Distribution::parse("constant:2s");
  conditions.stragglers = parse_stragglers("1:4");
  CHECK(conditions.any());
  CHECK(compute_time(conditions, 1, 0, 0, 1) == 3);
  CHECK(compute_time(conditions, 1, 1, 0, 1) == 12);
  CHECK(message_latency(conditions, 1, 1, 0, Purpose::push) == 0);
  conditions.latency = Distribution::parse("constant:1s");
  CHECK(message_latency(conditions, 1, 1, 0, Purpose::push) == 1);
}
