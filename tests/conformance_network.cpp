// The network: --latency and --bandwidth mean one thing on real threads and in simulation. A
// machine may always be slower than it should, so real times are only held against their lower
// bounds.

#include <algorithm>
#include <thread>
#include <vector>

#include "backends/conditions/link.h"
#include "tests/conformance.h"

namespace sgdbench::testing {
namespace {

/// Dense, so that every message has as many bytes as w.
const Case& dense_case() {
  static const Case made = make_case("least-squares", "quadratic:rows=240,features=10");
  return made;
}
constexpr std::size_t kBytes = 10 * sizeof(Real);

/// A message has the link for 100 µs.
RunSpec network_spec(const BackendEntry& entry, std::string_view protocol, std::size_t workers) {
  RunSpec spec = spec_for(entry, *dense_case().problem, workers, 2);
  spec.protocol = protocol;
  spec.epochs = 10;
  spec.updates = 10;
  spec.exchange = 2;
  spec.simulation.compute_time = {};
  spec.conditions.compute_delay = Distribution::parse("constant:200us");
  spec.conditions.latency = Distribution::parse("constant:50us");
  spec.conditions.bandwidth = static_cast<double>(kBytes) / 100e-6;
  return spec;
}

}  // namespace

TEST_CASE("Rounds take as long as simulated ones of bsp, with a server and without, or longer") {
  // On a link of its worker's own, no message would wait for another.
  for (const std::size_t workers : {1, 4}) {
    const auto& simulator = backend("simulator");
    const auto simulated =
        run(simulator, network_spec(simulator, "bsp", workers), *dense_case().problem);
    CHECK(simulated.wall == 10 * (200'000 + 2 * 50'000 + 2 * 100'000 * Nanoseconds(workers)));
    for (const char* name : {"openmp-sync", "parameter-server"}) {
      CAPTURE(name);
      const auto spec = network_spec(backend(name), "bsp", workers);
      const auto outcome = run(backend(name), spec, *dense_case().problem);
      CHECK(outcome.updates == simulated.updates);
      CHECK(outcome.wall >= simulated.wall);
    }
  }
}

TEST_CASE("The messages of all workers pass one link, and their bytes say for how long") {
  for (const auto& entry : backend_catalog()) {
    if (!entry.delays_messages) continue;
    for (const char* protocol : {"async", "bsp", "local:2", "elastic:0.5,2"}) {
      if (!entry.uses_protocol && protocol != std::string_view("async")) continue;
      INFO(std::string(entry.name) << ", " << std::string(protocol));
      const auto spec = network_spec(entry, protocol, 4);
      const auto outcome = run(entry, spec, *dense_case().problem);
      REQUIRE(outcome.traffic.has_value());
      const Traffic& traffic = *outcome.traffic;
      const bool rounds = entry.name == "openmp-sync" || examples_landing(entry, spec) > 4;
      CHECK(outcome.updates == 10);
      CHECK(traffic.pulls >= 10);
      if (rounds && protocol != std::string_view("elastic:0.5,2")) CHECK(traffic.pulls == 40);
      CHECK(traffic.pushes == traffic.pulls);
      CHECK(traffic.pull_bytes == static_cast<double>(kBytes * traffic.pulls));
      CHECK(traffic.push_bytes == static_cast<double>(kBytes * traffic.pushes));
      CHECK(*outcome.link_busy == 100'000 * Nanoseconds(traffic.pulls + traffic.pushes));
      CHECK(outcome.wall >= *outcome.link_busy);
      for (const auto& worker : outcome.workers) CHECK(worker.time.elapsed() == outcome.wall);
    }
  }
}

TEST_CASE("A message of a sparse mini-batch has the same bytes on threads as in simulation") {
  const Case sparse = make_case("logreg", "rcv1-like:rows=60,features=40000");
  std::vector<Traffic> all;
  for (const char* name : {"simulator", "parameter-server", "openmp-sync", "leashed", "hogwild"}) {
    const auto& entry = backend(name);
    RunSpec spec = spec_for(entry, *sparse.problem, 3, 4, 1);
    const bool rounds = all.empty() || entry.name == "openmp-sync" || entry.uses_protocol;
    spec.protocol = "bsp";
    if (!rounds) spec.workers = 1;
    spec.conditions.latency = Distribution::parse("constant:1us");
    const auto outcome = run(entry, spec, *sparse.problem);
    REQUIRE(outcome.traffic.has_value());
    all.push_back(*outcome.traffic);
    CAPTURE(name);
    CHECK(all.back().pulls == 15);
    CHECK(all.back().pushes == 15);
    CHECK(all.back().pull_bytes < 15.0 * sizeof(Real) * 40000 / 8);  // w travels never whole
    CHECK(all.back().pull_bytes == all.front().pull_bytes);
    CHECK(all.back().push_bytes == all.front().push_bytes);
  }
}

TEST_CASE("However many workers ask at once, turns on a link neither overlap nor leave a gap") {
  SharedLink link(LinkSpeed(1, 1e9));  // a nanosecond a byte
  constexpr std::size_t kThreads = 4, kTurns = 2000;
  std::vector<std::vector<Turn<Nanoseconds>>> turns(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : turns)
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < kTurns; ++i) mine.push_back(link.reserve(5, 1 + i % 3));
    });
  for (auto& thread : threads) thread.join();
  std::vector<Turn<Nanoseconds>> all;
  for (const auto& mine : turns) all.insert(all.end(), mine.begin(), mine.end());
  std::sort(all.begin(), all.end(), [](auto a, auto b) { return a.begin < b.begin; });
  Nanoseconds free = 5;
  for (const auto& turn : all) {
    CHECK(turn.begin == free);
    free = turn.end;
  }
  CHECK(link.reserve(free + 7, 2).begin == free + 7);
}

TEST_CASE("Pulls that begin together end together, and those of another group do not count") {
  PullGroup pulls;
  const auto first = pulls.open();
  pulls.join(first, {10, 20});
  pulls.join(first, {20, 30});
  CHECK(pulls.turn(first, {10, 20}).begin == 10);
  CHECK(pulls.turn(first, {10, 20}).end == 30);
  CHECK(pulls.turn(first, {20, 30}).begin == 10);
  const auto second = pulls.open();
  pulls.join(first, {30, 90});
  CHECK(pulls.turn(first, {30, 90}).begin == 30);
  pulls.join(second, {40, 50});
  CHECK(pulls.turn(second, {40, 50}).begin == 40);
  CHECK(pulls.turn(second, {40, 50}).end == 50);
}

}  // namespace sgdbench::testing
