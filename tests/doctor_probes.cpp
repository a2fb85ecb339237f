// The probes on whatever machine runs the tests: numbers that any machine has, and no more.
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <vector>

#include "backends/probes.h"
#include "backends/worker_pool.h"

using namespace sgdbench;

namespace {
bool positive(double value) {
  return std::isfinite(value) && value > 0;
}
}  // namespace

TEST_CASE("Threads that run together each have a number, and meet inside") {
  for (const std::size_t threads : {1u, 2u, 5u}) {
    std::vector<std::atomic<int>> visits(threads);
    std::atomic<std::size_t> arrived{0};
    CHECK(run_together(threads, false, [&](std::size_t i) {
      ++visits[i];
      ++arrived;
      while (arrived < threads) std::this_thread::yield();
    }));
    for (const auto& visit : visits) CHECK(visit == 1);
  }
}

TEST_CASE("Pieces are timed as long as the budget lasts, by one thread and by more than cores") {
  const std::size_t units = units_in(0.0001);
  CHECK(units >= 1);
  for (const std::size_t threads : {1u, 2u, 3u}) {
    CAPTURE(threads);
    CHECK(time_pieces(threads, false, units, 0).size() == 1);
    const auto seconds = time_pieces(threads, false, units, 0.02);
    CHECK(seconds.size() >= 1);
    for (const double s : seconds) CHECK(positive(s));
  }
}

TEST_CASE("Every thread reads a part of the memory") {
  for (const std::size_t threads : {1u, 2u, 3u}) {
    const auto rate = read_bandwidth(threads, false, std::size_t{1} << 20);
    REQUIRE(rate);
    CHECK(positive(*rate));
  }
}

TEST_CASE("A meeting takes time, and one worker has nobody to meet") {
  CHECK_FALSE(barrier_ns(1, false));
  for (const std::size_t workers : {2u, 3u}) {
    const auto time = barrier_ns(workers, false);
    REQUIRE(time);
    CHECK(positive(*time));
  }
}

TEST_CASE("Waking takes time, and so does looking at the clock") {
  const auto time = wake_up_ns();
  REQUIRE(time);
  CHECK(positive(*time));
  const auto cost = clock_cost();
  CHECK(positive(cost.resolution_ns));
  CHECK(positive(cost.call_ns));
}

TEST_CASE("What is known without measuring has no measurement in it") {
  const auto report = known_machine(read_environment(), 3);
  CHECK(report.workers == 3);
  CHECK(report.cores_affinity >= 1);
  CHECK(report.capacity.empty());
  CHECK_FALSE(report.shares);
  CHECK_FALSE(report.clock);
  CHECK_FALSE(report.noise_one);
}
