#include <doctest/doctest.h>

#include <algorithm>

#include "backends/protocol.h"
#include "workloads/names.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

/// Workers of random speed under a protocol, one event at a time. Returns completed clocks after
/// `events` arrivals, calling check(clocks) after each.
template <class Check>
void play(Protocol& protocol, std::size_t workers, int events, Check check) {
  Random random(7);
  std::vector<std::uint64_t> clocks(workers);
  std::vector<bool> computing(workers, true);
  for (int i = 0; i < events; ++i) {
    // Worker 0 is much slower than the others, so that they run into whatever bound there is.
    std::size_t w = random.below(workers);
    if (w == 0 && random.below(20) != 0) w = workers - 1;
    if (!computing[w]) w = std::find(computing.begin(), computing.end(), true) - computing.begin();
    REQUIRE(w < workers);  // otherwise everybody waits: a deadlock
    ++clocks[w];
    computing[w] = false;
    protocol.arrived(w);
    for (std::size_t v = 0; v < workers; ++v)
      if (!computing[v] && protocol.may_start(v)) computing[v] = true;
    check(clocks);
  }
}

std::uint64_t spread(const std::vector<std::uint64_t>& clocks) {
  const auto [low, high] = std::minmax_element(clocks.begin(), clocks.end());
  return *high - *low;
}

}  // namespace

TEST_CASE("Under ssp:S completed clocks differ by S + 1 at most, reach it, and never deadlock") {
  for (const std::uint64_t slack : {0, 1, 4}) {
    const auto protocol = make_protocol("ssp:" + std::to_string(slack), 5);
    std::uint64_t widest = 0;
    play(*protocol, 5, 2000,
         [&](const auto& clocks) { widest = std::max(widest, spread(clocks)); });
    CHECK(widest == slack + 1);
  }
}

TEST_CASE("Under bsp completed clocks differ by 1 at most") {
  const auto protocol = make_protocol("bsp", 5);
  std::uint64_t widest = 0;
  play(*protocol, 5, 2000, [&](const auto& clocks) { widest = std::max(widest, spread(clocks)); });
  CHECK(widest == 1);
}

TEST_CASE("bsp holds every gradient of a round but the last, and async none") {
  const auto bsp = make_protocol("bsp", 3);
  const auto async = make_protocol("async", 3);
  for (int round = 0; round < 4; ++round) {
    CHECK(bsp->arrived(1) == Decision::hold);
    CHECK_FALSE(bsp->may_start(1));
    CHECK(bsp->arrived(0) == Decision::hold);
    CHECK(bsp->arrived(2) == Decision::apply);
    for (std::size_t w = 0; w < 3; ++w) CHECK(bsp->may_start(w));
    CHECK(async->arrived(0) == Decision::apply);
    CHECK(async->may_start(0));
  }
}

TEST_CASE("Nobody waits for a worker that has retired") {
  const auto ssp = make_protocol("ssp:0", 2);
  ssp->arrived(0);
  CHECK_FALSE(ssp->may_start(0));
  ssp->retire(1);
  CHECK(ssp->may_start(0));
  const auto bsp = make_protocol("bsp", 2);
  CHECK(bsp->arrived(0) == Decision::hold);
  bsp->retire(0);
  CHECK(bsp->arrived(1) == Decision::apply);
}

TEST_CASE("A protocol that can't be is refused with what would be right") {
  CHECK_THROWS_WITH_AS(make_protocol("spp:3", 2), doctest::Contains("ssp"), UsageError);
  CHECK_THROWS_WITH_AS(make_protocol("ssp", 2), doctest::Contains("ssp:4"), UsageError);
  CHECK_THROWS_AS(make_protocol("ssp:-1", 2), UsageError);
  CHECK_THROWS_AS(make_protocol("ssp:two", 2), UsageError);
  CHECK_THROWS_AS(make_protocol("ssp:", 2), UsageError);
  CHECK_THROWS_AS(make_protocol("bsp:1", 2), UsageError);
}

}  // namespace sgdbench
