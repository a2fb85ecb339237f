// How long rounds take under the simulator's clock: the order statistics of the gradients' times.
#include "tests/theory/simulated.h"

using namespace sgdbench;
using namespace sgdbench::theory;
using doctest::Approx;

namespace {

constexpr std::uint64_t kRounds = 20'000;

std::string with(const char* name, std::size_t k) {
  return name + std::to_string(k);
}

/// The mean time of a round against its distribution; rounds are independent.
void check_round(const std::string& protocol, std::string_view distribution, Moments round,
                 std::uint64_t rounds = kRounds) {
  CAPTURE(protocol);
  CAPTURE(std::string(distribution));
  const double mean = time_per_update(timing(protocol, distribution, rounds));
  CAPTURE(mean);
  CAPTURE(round.mean);
  CHECK(agrees(mean, round, static_cast<double>(rounds)));
}

}  // namespace

TEST_CASE("A synchronous round of exponential workers takes H_P times as long as a gradient") {
  check_round("bsp", "exp:1s", exponential_order(8, 8, 1));
  CHECK(exponential_order(8, 8, 1).mean == Approx(harmonic(8)));
}

TEST_CASE("k-sync waits for the K-th smallest of P times") {
  for (const std::size_t k : {1, 2, 5, 7, 8}) {
    check_round(with("k-sync:", k), "exp:0.5s", exponential_order(k, 8, 2));
    check_round(with("k-sync:", k), "uniform:1s,3s", uniform_order(k, 8, 1, 3));
  }
  for (const std::size_t k : {1, 3, 5})  // beyond, the third moment is large
    check_round(with("k-sync:", k), "pareto:1s,2.5", pareto_order(k, 8, 1, 2.5));
}

TEST_CASE("A shift adds its constant to every round") {
  auto round = exponential_order(3, 8, 1);
  round.mean += 2;
  check_round("k-sync:3", "shifted-exp:2s,1s", round);
}

TEST_CASE("Random stragglers slow a round as often as one of the workers is slow") {
  auto spec = timing("bsp", "constant:1s", kRounds);
  spec.conditions.stragglers = parse_stragglers("random:0.1:5");
  const double slow = 1 - std::pow(0.9, 8);
  const Moments round{straggler_max(8, 0.1, 5), 16 * slow * (1 - slow)};
  CHECK(agrees(time_per_update(spec), round, kRounds));
}

TEST_CASE("A synchronous round of unequal workers is the maximum over their rates") {
  const double rates[] = {1, 2, 4};
  // The variance of the maximum is at most the sum of the variances.
  const Moments round{unequal_exponential_max(rates), 1 + 1 / 4.0 + 1 / 16.0};
  const auto spec = timing_of("bsp", "a:1@exp:1s b:1@exp:0.5s c:1@exp:0.25s", kRounds);
  CHECK(agrees(time_per_update(spec), round, kRounds));
}

TEST_CASE("k-batch-sync takes K arrivals of P memoryless workers, or full rounds of equal ones") {
  for (const std::size_t k : {1, 3, 8, 20}) {
    const double mean = static_cast<double>(k) / 8;
    check_round(with("k-batch-sync:", k), "exp:1s", {mean, mean / 8});
    const double rounds = std::ceil(mean);
    CHECK(time_per_update(timing(with("k-batch-sync:", k), "constant:1s", 100)) == Approx(rounds));
  }
}

TEST_CASE("k-async takes as long as k-sync where workers are memoryless") {
  for (const std::size_t k : {1, 2, 5, 8})
    check_round(with("k-async:", k), "exp:1s", exponential_order(k, 8, 1));
}

TEST_CASE("Asynchronous updates of memoryless workers are a Poisson process of rate P") {
  check_round("async", "exp:1s", {1.0 / 8, 1.0 / 64});
  for (const std::size_t k : {2, 5, 13}) {
    const double mean = static_cast<double>(k) / 8;
    check_round(with("k-batch-async:", k), "exp:1s", {mean, mean / 8});
  }
}

TEST_CASE("Unequal workers' asynchronous updates add up their rates") {
  const auto spec = timing_of("async", "a:1@exp:1s b:1@exp:0.5s c:1@exp:0.25s", kRounds);
  CHECK(agrees(time_per_update(spec), {1.0 / 7, 1.0 / 49}, kRounds));
}

TEST_CASE("k-batch-async needs K mean times of P workers, whatever the distribution") {
  // Renewal theory: P counters of times on [1, 3], each within one time of its share. The sum of a
  // worker's n = 10,000 times has the variance n/3; all workers' counts share the error of 8.
  const std::uint64_t updates = 20'000, k = 4, n = updates * k / 8;
  const double wall = seconds(simulate(timing("k-batch-async:4", "uniform:1s,3s", updates)).wall);
  const double spread = kSigmas * std::sqrt(static_cast<double>(n) / 3 / 8);
  CHECK(std::abs(wall - 2 * static_cast<double>(n)) < spread + 3);
}

TEST_CASE("Where times do not vary and messages are free, nothing is gained by not waiting") {
  const double synchronous = seconds(simulate(timing("bsp", "constant:1s", 100)).wall);
  for (const char* protocol : {"async", "k-async:1", "ssp:2"})
    CHECK(seconds(simulate(timing(protocol, "constant:1s", 800)).wall) == synchronous);
  CHECK(seconds(simulate(timing("k-batch-async:4", "constant:1s", 200)).wall) == synchronous);
}

TEST_CASE("Protocols that are one schedule by two names take the same time, to the nanosecond") {
  const auto wall = [](const char* protocol, std::uint64_t updates) {
    return simulate(timing(protocol, "exp:1s", updates)).wall;
  };
  CHECK(wall("k-sync:8", 500) == wall("bsp", 500));
  CHECK(wall("k-async:8", 500) == wall("bsp", 500));
  CHECK(wall("local:1", 500) == wall("bsp", 500));
  CHECK(wall("k-async:1", 4000) == wall("async", 4000));
  CHECK(wall("k-batch-async:1", 4000) == wall("async", 4000));
  CHECK(wall("ssp:inf", 4000) == wall("async", 4000));
  CHECK(wall("ringmaster:inf", 4000) == wall("async", 4000));
}

TEST_CASE("Twice the times of everything are twice the time of the run") {
  for (const char* protocol : {"bsp", "async", "k-sync:3", "ssp:1"}) {
    auto spec = timing(protocol, "exp:1s", 2000);
    spec.conditions.latency = Distribution::parse("exp:0.25s");
    spec.conditions.bandwidth = 1000;
    auto twice = timing(protocol, "exp:2s", 2000);
    twice.conditions.latency = Distribution::parse("exp:0.5s");
    twice.conditions.bandwidth = 500;
    const auto once = simulate(spec, 10).wall;
    CHECK(std::abs(simulate(twice, 10).wall - 2 * once) <= 2);  // rounded to nanoseconds
  }
}
