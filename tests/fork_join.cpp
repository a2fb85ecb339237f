#include "backends/fork_join.h"

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <thread>

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

}  // namespace sgdbench
