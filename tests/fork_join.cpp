#include "backends/fork_join.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <limits>
#include <set>
#include <stdexcept>
#include <thread>

#include "backends/worker_pool.h"

namespace sgdbench {

TEST_CASE("A team runs every piece once, and what the pieces wrote is there afterwards") {
  constexpr std::size_t kRounds = 2000;
  for (const std::size_t threads : {1u, 2u, 5u}) {
    CAPTURE(threads);
    const Team team = team_of(std::make_shared<ForkJoin>(threads, false), threads);
    // Plain memory: every piece reads what another one wrote in the round before.
    std::vector<std::size_t> now(threads), before(threads);
    for (std::size_t round = 1; round <= kRounds; ++round) {
      std::swap(now, before);
      team.run(threads, [&](std::size_t i) { now[i] = before[(i + 1) % threads] + 1; });
    }
    for (const std::size_t count : now) CHECK(count == kRounds);
  }
}

TEST_CASE("A round of fewer pieces than threads leaves the other threads alone") {
  ForkJoin team(4, false);
  for (std::size_t n = 0; n <= 4; ++n) {
    std::vector<int> runs(4);
    team.run(std::max<std::size_t>(1, n), [&](std::size_t i) { ++runs[i]; });
    for (std::size_t i = 0; i < 4; ++i) CHECK(runs[i] == (i < std::max<std::size_t>(1, n) ? 1 : 0));
  }
}

TEST_CASE("Members that have gone to sleep are woken, and help when the first one is busy") {
  ForkJoin team(2, false);
  std::set<std::thread::id> seen[2];
  const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(20)); };
  for (int round = 0; round < 50 && seen[1].size() < 2; ++round) {
    pause();
    team.run(2, [&](std::size_t i) {
      seen[i].insert(std::this_thread::get_id());
      if (i == 0) pause();
    });
    if (!seen[1].contains(std::this_thread::get_id())) break;  // the other one came
  }
  CHECK(seen[0] == std::set{std::this_thread::get_id()});
  CHECK_FALSE(seen[1].empty());
  seen[1].erase(std::this_thread::get_id());
  CHECK(seen[1].size() == 1);
}

TEST_CASE("The workers of a pool are the same threads in every round, OpenMP's like its own") {
  constexpr std::size_t kWorkers = 3;
  for (const Threads threads : {Threads::own, Threads::openmp}) {
    WorkerPool pool(kWorkers, false, threads);
    std::vector<std::thread::id> first(kWorkers), now(kWorkers);
    std::atomic<std::size_t> awake{0}, early{0};
    for (int round = 0; round < 20; ++round) {
      bool started = false;
      pool.run([&](Nanoseconds) { started = true; },
               [&](std::size_t worker) {
                 if (!started) ++early;
                 ++awake;
                 // Nobody goes on before all are here: they run at the same time.
                 while (awake.load() % kWorkers != 0) std::this_thread::yield();
                 (round == 0 ? first : now)[worker] = std::this_thread::get_id();
               });
      CHECK(awake.load() == kWorkers * (round + 1));
      if (round > 0) CHECK(now == first);
    }
    CHECK(early.load() == 0);
    CHECK(std::set(first.begin(), first.end()).size() == kWorkers);
    CHECK_FALSE(std::set(first.begin(), first.end()).contains(std::this_thread::get_id()));
  }
}

TEST_CASE("What is too small for its full precision is 0 on workers, and left alone elsewhere") {
  const auto halved = [](float x) {
    volatile float least = x;
    return least * 0.5F;
  };
  constexpr float kLeast = std::numeric_limits<float>::min();
  for (const Threads threads : {Threads::own, Threads::openmp}) {
    WorkerPool pool(3, false, threads);
    std::array<float, 3> found{1, 1, 1};
    pool.on_each([&](std::size_t worker) { found[worker] = halved(kLeast); });
    for (const float x : found) CHECK(x == 0);
    CHECK(halved(kLeast) > 0);
  }
}

TEST_CASE("What a worker throws off the clock reaches the caller, and the pool goes on") {
  for (const Threads threads : {Threads::own, Threads::openmp}) {
    WorkerPool pool(3, false, threads);
    CHECK_THROWS_WITH(pool.on_each([](std::size_t worker) {
      if (worker != 1) throw std::runtime_error("no memory");
    }),
                      "no memory");
    std::atomic<int> done{0};
    pool.on_each([&](std::size_t) { ++done; });
    CHECK(done.load() == 3);
  }
}

}  // namespace sgdbench
