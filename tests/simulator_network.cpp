#include <doctest/doctest.h>

#include <string>

#include "backends/conditions/link.h"
#include "backends/simulator/simulation.h"
#include "tests/simulator_runs.h"
#include "workloads/names.h"

using namespace sgdbench;

namespace {

std::string refusal(const std::string& text) {
  try {
    parse_cluster(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

bool says(const std::string& text, const std::string& part) {
  return refusal(text).find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Messages on a link are served one after the other, in the order in which they came") {
  Link link(LinkSpeed(1, 1000));
  CHECK(link.reserve(1, 500, 0.25).end == 1.75);
  CHECK(link.reserve(1.5, 1000, 0).end == 2.75);
  CHECK(link.reserve(4, 0, 0.5).begin == 4);
}

TEST_CASE("S shards take an S-th of the time, and no bandwidth means no limit") {
  Link four(LinkSpeed(4, 1000)), free(LinkSpeed(1, 0));
  CHECK(four.reserve(0, 2000, 2).end == 1.0);
  CHECK(free.reserve(3, 1e18, 0).end == 3.0);
}

TEST_CASE("A synchronous exchange with P workers takes 2Pn/(Sβ) of the server's link") {
  constexpr std::size_t P = 8, S = 2;
  const double n = 4096, beta = 1 << 20;
  Link link(LinkSpeed(S, beta));
  Seconds end = 0;
  for (std::size_t w = 0; w < P; ++w) end = link.reserve(0, n, 0).end;
  for (std::size_t w = 0; w < P; ++w) end = link.reserve(end, n, 0).end;
  CHECK(end == 2 * P * n / (S * beta));
}

TEST_CASE("Ring and tree cost what their formulas say") {
  const double a = 0.5, n = 1024, beta = 512;
  CHECK(all_reduce_time(AllReduce::ring, 4, a, n, beta) == 2 * 3 * a + 2 * 0.75 * n / beta);
  CHECK(all_reduce_time(AllReduce::tree, 4, a, n, beta) == 2 * 2 * (a + n / beta));
  CHECK(all_reduce_time(AllReduce::tree, 5, a, n, beta) == 2 * 3 * (a + n / beta));
  CHECK(all_reduce_time(AllReduce::recursive_doubling, 8, a, n, beta) == 3 * (a + n / beta));
  CHECK(all_reduce_time(AllReduce::recursive_doubling, 9, a, n, beta) == 5 * (a + n / beta));
  for (const auto how : {AllReduce::ring, AllReduce::recursive_doubling, AllReduce::tree}) {
    CHECK(all_reduce_time(how, 1, a, n, beta) == 0);
    CHECK(all_reduce_time(how, 16, 0, n, 0) == 0);
  }
}

TEST_CASE("Four workers that share a link queue as long as one works out by hand") {
  // A message has the link for m, a gradient takes m. All four pulls: 4m. The first four arrive
  // together at 5m; each has a turn of 2m, with its next pull, and has queued 0, 2m, 4m and 6m. The
  // second four arrive at 8m, 10m, 12m and 14m, have turns of m from 13m on, and have queued 5m,
  // 4m, 3m and 2m. They end at 14m to 17m, and wait for the last of them.
  constexpr Nanoseconds m = 100'000;
  auto spec = testing::timing_spec("async", 4, 8, "constant:100us");
  spec.conditions.bandwidth = 4000 / 100e-6;
  const auto outcome = testing::simulate(spec, testing::nothing(1000));
  CHECK(outcome.wall == 17 * m);
  CHECK(outcome.traffic->pulls == 8);
  CHECK(outcome.traffic->pushes == 8);
  CHECK(outcome.traffic->pull_bytes == 8 * 4000);
  CHECK(outcome.traffic->push_bytes == 8 * 4000);
  CHECK(*outcome.link_busy == 16 * m);
  for (std::size_t w = 0; w < 4; ++w) {
    const auto& time = outcome.workers[w].time;
    const auto k = static_cast<Nanoseconds>(w);
    CHECK(time.spent(Phase::compute) == 2 * m);
    CHECK(time.spent(Phase::communicate) == (4 + 2 + 1) * m);
    CHECK(time.spent(Phase::queue) == 2 * k * m + (5 - k) * m);
    CHECK(time.spent(Phase::wait) == (3 - k) * m);
  }
}

TEST_CASE("A link counts as busy for as long as it was taken before the end, service included") {
  Link link(LinkSpeed(2, 1000));
  CHECK(link.busy(1) == 0);
  link.reserve(1, 1000, 1);  // 1 to 2
  link.reserve(3, 2000, 0);  // 3 to 4
  CHECK(link.busy(4) == 2);
  CHECK(link.busy(3.25) == 1.25);
  auto spec = testing::timing_spec("async", 2, 6, "constant:100us");
  CHECK_FALSE(testing::simulate(spec, testing::nothing()).link_busy.has_value());
  spec.simulation.service = Distribution::parse("constant:10us");
  const auto served = testing::simulate(spec, testing::nothing());
  CHECK(*served.link_busy == 60'000);
  CHECK_FALSE(served.traffic.has_value());
  spec.protocol = "bsp";
  spec.simulation.service = {};
  spec.conditions.bandwidth = 1e9;
  spec.simulation.all_reduce = AllReduce::ring;
  const auto ring = testing::simulate(spec, testing::nothing(1000));
  CHECK_FALSE(ring.traffic.has_value());
  CHECK_FALSE(ring.link_busy.has_value());
}

TEST_CASE("A cluster is its classes in their order") {
  const auto cluster = parse_cluster(" fast:56@exp:1ms\tslow:8@shifted-exp:4ms,1ms ");
  REQUIRE(cluster.size() == 2);
  CHECK(cluster[0].name == "fast");
  CHECK(cluster[0].workers == 56);
  CHECK(cluster[0].compute.mean() == doctest::Approx(1e-3));
  CHECK(cluster[1].name == "slow");
  CHECK(cluster[1].compute.mean() == doctest::Approx(5e-3));
  CHECK(workers_of(cluster) == 64);
}

TEST_CASE("A cluster that can't be says what is wrong and what would be right") {
  CHECK(says("", "NAME:COUNT@DISTRIBUTION"));
  CHECK(says("fast", "NAME:COUNT@DISTRIBUTION"));
  CHECK(says("fast:56", "NAME:COUNT@DISTRIBUTION"));
  CHECK(says("56@exp:1ms", "NAME:COUNT@DISTRIBUTION"));
  CHECK(says(":5@exp:1ms", "NAME:COUNT@DISTRIBUTION"));
  CHECK(says("fast:x@exp:1ms", "'x' is no number of workers"));
  CHECK(says("fast:-1@exp:1ms", "'-1' is no number of workers"));
  CHECK(says("fast:@exp:1ms", "'' is no number of workers"));
  CHECK(says("fast:0@exp:1ms", "between 1 and 1000000"));
  CHECK(says("fast:99999999999999999999999@exp:1ms", "between 1 and 1000000"));
  CHECK(says("a:600000@exp:1ms b:600000@exp:1ms", "1200000 workers are too many"));
  CHECK(says("a:1@exp:1ms a:2@exp:2ms", "two classes are called 'a'"));
  CHECK(says("a:1@exq:1ms", "'a:1@exq:1ms'"));
}

TEST_CASE("An all-reduce is found by its name") {
  for (const auto& row : kAllReduceNames) {
    CHECK(parse_all_reduce(row.name) == row.how);
    CHECK(to_string(row.how) == row.name);
  }
  CHECK_THROWS_AS(parse_all_reduce("rink"), UsageError);
}
