// The simulator against closed forms and identities (numbers: the project's list of what theory
// says). Exact where exact; else a bound at a fixed seed, the chance of a false alarm beside it.

#include <cmath>

#include "tests/simulator_runs.h"

namespace sgdbench::testing {

TEST_CASE("Applied, dropped and in flight are what was computed; phases sum to the wall time") {
  for (const auto* protocol : kEveryProtocol) {
    for (const std::size_t workers : {1u, 3u, 8u}) {
      INFO(std::string(protocol) << ", " << workers);
      RunSpec spec = timing_spec(protocol, workers, 500, "exp:1ms");
      spec.conditions.latency = Distribution::parse("uniform:1us,3ms");
      spec.conditions.bandwidth = 1e7;
      spec.simulation.service = Distribution::parse("exp:100us");
      if (!simulator().why_not(spec, nothing(1000)).empty()) continue;
      const auto outcome = simulate(spec, nothing(1000));
      CHECK(outcome.stopped == Stopped::completed);
      CHECK(outcome.updates == 500);
      std::uint64_t updates = 0;
      for (const auto& worker : outcome.workers) {
        CHECK(worker.applied + worker.dropped == worker.computed);
        CHECK(worker.time.elapsed() == outcome.wall);
        for (const auto phase : kAllPhases) CHECK(worker.time.spent(phase) >= 0);
        updates += worker.updates;
      }
      CHECK(updates == outcome.updates);
    }
  }
}

TEST_CASE("One seed gives one outcome, to the bit, and another one another") {
  const auto& problem = *cases().front().problem;
  for (const auto* protocol : kEveryProtocol) {
    RunSpec spec = spec_for(simulator(), problem, 6, 2);
    spec.protocol = protocol;
    const auto a = simulate(spec, problem), b = simulate(spec, problem);
    CHECK(a.wall == b.wall);
    CHECK(final_parameters(a) == final_parameters(b));
    spec.seed = 2;
    CHECK(simulate(spec, problem).wall != a.wall);
  }
}

TEST_CASE("Without variance and communication, waiting costs nothing") {
  const RunSpec bsp = timing_spec("bsp", 16, 100, "constant:2ms");
  const RunSpec async = timing_spec("async", 16, 1600, "constant:2ms");
  CHECK(simulate(bsp, nothing()).wall == simulate(async, nothing()).wall);
  CHECK(simulate(bsp, nothing()).wall == 200'000'000);
}

TEST_CASE("A power of two times every duration is the same trajectory, that many times as long") {
  const auto& problem = *cases().front().problem;
  for (const auto* protocol : kEveryProtocol) {
    INFO(protocol);
    RunSpec spec = spec_for(simulator(), problem, 5, 2);
    spec.protocol = protocol;
    spec.simulation.compute_time = Distribution::exponential(0.5);
    spec.conditions.latency = Distribution::constant(0.25);
    spec.conditions.bandwidth = 1 << 16;
    RunSpec slow = spec;
    slow.simulation.compute_time = Distribution::exponential(2);
    slow.conditions.latency = Distribution::constant(1);
    slow.conditions.bandwidth = 1 << 14;
    const auto a = simulate(spec, problem), b = simulate(slow, problem);
    CHECK(final_parameters(a) == final_parameters(b));
    CHECK(a.updates == b.updates);
    // What is reported is rounded to the nanosecond.
    CHECK(std::abs(4 * a.wall - b.wall) <= 2);
  }
}

TEST_CASE("Events at one time are taken by the lower worker number") {
  RunSpec spec = timing_spec("async", 7, 70, "constant:1ms");
  spec.timeline_slices = 100;
  const auto outcome = simulate(spec, nothing());
  for (std::uint64_t w = 0; w < 7; ++w) CHECK(outcome.workers[w].last_update == 63 + w + 1);
}

TEST_CASE("A worker draws the same times under every protocol") {
  // Bsp waits for the slowest of each round and async for nobody, but both compute as long.
  const auto bsp = simulate(timing_spec("bsp", 4, 50, "exp:1ms"), nothing());
  RunSpec spec = timing_spec("async", 4, 200, "exp:1ms");
  spec.assign = Assign::round_robin;
  const auto async = simulate(spec, nothing());
  for (std::size_t w = 0; w < 4; ++w)
    CHECK(std::abs(bsp.workers[w].time.spent(Phase::compute) -
                   async.workers[w].time.spent(Phase::compute)) <= 200);
}

TEST_CASE("A synchronous round through the server takes 2α + 2Pn/(Sβ) beyond its gradient") {
  constexpr std::size_t P = 8, S = 2;
  RunSpec spec = timing_spec("bsp", P, 10, "constant:1s");
  spec.conditions.latency = Distribution::constant(0.125);
  spec.conditions.bandwidth = 1 << 20;
  spec.simulation.shards = S;
  const double n = 4 * (1 << 18);
  const double round = 1 + 2 * 0.125 + 2 * P * n / (S * spec.conditions.bandwidth);
  CHECK(seconds(simulate(spec, nothing(1 << 18)).wall) ==
        doctest::Approx(10 * round).epsilon(1e-9));
}

TEST_CASE("A round by ring or tree takes the gradient and the formula") {
  for (const auto how : {AllReduce::ring, AllReduce::tree}) {
    RunSpec spec = timing_spec("bsp", 8, 10, "constant:1s");
    spec.conditions.latency = Distribution::constant(0.125);
    spec.conditions.bandwidth = 1 << 20;
    spec.simulation.all_reduce = how;
    const double cost = all_reduce_time(how, 8, 0.125, 4 << 18, 1 << 20);
    CHECK(seconds(simulate(spec, nothing(1 << 18)).wall) ==
          doctest::Approx(10 * (1 + cost)).epsilon(1e-9));
  }
}

TEST_CASE("An asynchronous server with exponential service has the throughput of its queue") {
  // μ_s(1 − π₀); the mean of 200,000 services is within 2 % but for a chance below 1e-9.
  RunSpec spec = timing_spec("async", 8, 200'000, "exp:1s");
  spec.simulation.service = Distribution::exponential(0.25);
  const auto outcome = simulate(spec, nothing());
  CHECK(200'000 / seconds(outcome.wall) == doctest::Approx(3.87832).epsilon(0.02));
}

TEST_CASE("A synchronous round of exponential workers takes H_P on the average") {
  // 100,000 rounds of a standard deviation of 1.24: 5 of the mean's are 0.02.
  const auto outcome = simulate(timing_spec("bsp", 8, 100'000, "exp:1s"), nothing());
  CHECK(seconds(outcome.wall) / 100'000 == doctest::Approx(2.717857).epsilon(0.0075));
}

TEST_CASE("With one worker the simulator gives the parameters of the sequential reference") {
  for (const auto& c : cases()) {
    const RunSpec spec = spec_for(simulator(), *c.problem, 1, 4);
    const auto reference = run(backend("sequential"), spec, *c.problem);
    CHECK(relative_difference(final_parameters(simulate(spec, *c.problem)),
                              final_parameters(reference)) < 2e-4);
  }
}

TEST_CASE("What nothing takes time in is refused, and so is what makes no sense") {
  RunSpec spec = timing_spec("async", 4, 10, "constant:0s");
  const auto why = [&] { return simulator().why_not(spec, nothing()); };
  CHECK(why().find("`compute time`") != std::string::npos);
  spec.conditions.latency = Distribution::parse("exp:1ms");
  CHECK(why() == "");
  spec.simulation.all_reduce = AllReduce::ring;
  CHECK(why().find("bsp") != std::string::npos);
  spec.protocol = "bsp";
  CHECK(why().find("constant `latency`") != std::string::npos);
  spec.simulation.all_reduce = AllReduce::server;
  spec.simulation.cluster = parse_cluster("a:3@exp:1ms");
  CHECK(why() == "the cluster has 3 workers, not 4");
}

TEST_CASE("A limit of virtual time ends a run there") {
  RunSpec spec = timing_spec("async", 4, 1'000'000, "constant:1ms");
  spec.max_seconds = 0.5005;
  const auto outcome = simulate(spec, nothing());
  CHECK(outcome.stopped == Stopped::time_limit);
  CHECK(outcome.wall == 500'500'000);
  CHECK(outcome.updates == 2000);
}

TEST_CASE("The timeline has every activity, and they are the phases") {
  RunSpec spec = timing_spec("k-sync:3", 4, 20, "exp:1ms");
  spec.conditions.latency = Distribution::parse("exp:1ms");
  spec.timeline_slices = 1000;
  const auto outcome = simulate(spec, nothing());
  REQUIRE(outcome.timeline.tracks.size() == 5);
  for (std::size_t w = 0; w < 4; ++w) {
    Nanoseconds computing = 0, until = 0;
    for (const auto& slice : outcome.timeline.tracks[w].slices()) {
      CHECK(slice.begin >= until);
      until = slice.end;
      if (slice.activity == Activity::compute) computing += slice.end - slice.begin;
    }
    CHECK(computing == outcome.workers[w].time.spent(Phase::compute));
  }
  CHECK(outcome.timeline.tracks.back().slices().size() == 20);
}

}  // namespace sgdbench::testing
