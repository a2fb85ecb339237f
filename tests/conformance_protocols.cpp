// Every protocol on real threads: nothing is lost, nothing hangs, and those that must be equal are.

#include "backends/protocols/protocol.h"
#include "tests/conformance.h"

namespace sgdbench::testing {
namespace {

/// The example of every protocol, and other parameters of some.
std::vector<std::string> protocols() {
  std::vector<std::string> texts{
      "ssp:0",          "ssp:3",           "k-sync:2",        "k-sync:3",     "k-async:2",
      "k-batch-sync:5", "k-batch-async:1", "k-batch-async:4", "local:1",      "local:4",
      "elastic:0.3,3",  "elastic:0.3",     "ringmaster:1",    "ringmaster:3", "ringmaster:inf"};
  for (const auto& row : protocol_catalog()) texts.emplace_back(row.example);
  return texts;
}

/// Backends that follow a protocol, on a sparse and on a dense problem.
template <class Visit>
void for_every_protocol(std::size_t workers, Visit visit) {
  for (const auto& c : {&cases()[0], &cases()[5]}) {
    for (const auto& entry : backend_catalog()) {
      if (!entry.uses_protocol) continue;
      for (const auto& protocol : protocols()) {
        RunSpec spec = spec_for(entry, *c->problem, workers, 4);
        spec.protocol = protocol;
        if (!entry.why_not(spec, *c->problem).empty()) continue;
        INFO(std::string(entry.name) << ", " << protocol << ", " << c->name);
        visit(entry, spec, *c);
      }
    }
  }
}

struct Sums {
  std::uint64_t computed = 0, applied = 0, dropped = 0, updates = 0, staleness = 0;
};
Sums sums(const RunOutcome& outcome) {
  Sums s;
  for (const auto& w : outcome.workers) {
    CHECK(w.applied + w.dropped == w.computed);
    s.computed += w.computed;
    s.applied += w.applied;
    s.dropped += w.dropped;
    s.updates += w.updates;
    s.staleness += w.staleness.sum();
  }
  return s;
}

AlignedVector<Real> parameters(RunSpec spec, const std::string& protocol, const Case& c) {
  spec.protocol = protocol;
  return final_parameters(run(backend(spec.backend), spec, *c.problem));
}

}  // namespace

TEST_CASE("What is cancelled counts whole and once, on threads as in simulation") {
  // All begin at the start, and the run ends with the first worker's gradient.
  for (const char* protocol : {"k-sync:1", "k-batch-sync:1"})
    for (const char* backend_name : {"parameter-server", "simulator"}) {
      INFO(std::string(backend_name) << ", " << std::string(protocol));
      const Case& c = cases()[5];
      RunSpec spec = spec_for(backend(backend_name), *c.problem, 3, 4);
      spec.protocol = protocol;
      spec.updates = spec.evaluations = 3;
      spec.simulation.compute_time = {};
      spec.conditions.compute_delay = Distribution::parse("constant:1ms");
      spec.conditions.stragglers = parse_stragglers("1:1e8+2:1e8");
      const auto outcome =
          backend(backend_name).make(spec, *c.problem)->run(spec, never(), [](const Snapshot&) {
            return true;
          });
      CHECK(outcome.stopped == Stopped::target);
      const Sums s = sums(outcome);
      CHECK(s.applied == 4);
      CHECK(s.dropped == 8);
      CHECK(outcome.workers[0].dropped == 0);
    }
}

TEST_CASE("Under every protocol all examples of an epoch land, whatever was thrown away") {
  for (const std::size_t workers : {1, 3})
    for (const auto assign : {Assign::dynamic, Assign::round_robin})
      for_every_protocol(workers, [&](const BackendEntry& entry, RunSpec spec, const Case& c) {
        spec.assign = assign;
        const auto outcome = run(entry, spec, *c.problem);
        const auto sum = sums(outcome);
        CHECK(outcome.stopped == Stopped::completed);
        CHECK(sum.applied == 2 * c.problem->examples());
        CHECK(sum.updates == outcome.updates);
        CHECK(outcome.curve.back().examples == sum.applied);
        for (const auto& worker : outcome.workers) CHECK(worker.time.elapsed() == outcome.wall);
      });
}

TEST_CASE("Under every protocol a limit on updates is met exactly") {
  for_every_protocol(3, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    spec.updates = 5;
    spec.epochs = 100;
    CHECK(run(entry, spec, *c.problem).updates == 5);
  });
}

TEST_CASE("Under every protocol with one worker no gradient is stale") {
  for_every_protocol(1, [](const BackendEntry& entry, const RunSpec& spec, const Case& c) {
    const auto traits = make_protocol(spec.protocol, 1)->traits();
    const auto outcome = run(entry, spec, *c.problem);
    if (traits.arrivals == 1) CHECK(sums(outcome).staleness == 0);
  });
}

TEST_CASE("Under every protocol an interrupt ends the run") {
  for_every_protocol(3, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    spec.epochs = 100000;
    spec.evaluations = 2;
    const std::atomic<bool> now{true};
    CHECK(entry.make(spec, *c.problem)->run(spec, now).stopped == Stopped::interrupted);
  });
}

TEST_CASE("k-sync:P, k-async:P and local:1 are bsp, bit for bit, with momentum too") {
  for (const auto& c : cases()) {
    for (const auto& entry : backend_catalog()) {
      RunSpec spec = spec_for(entry, *c.problem, 3, 5);
      if (!entry.uses_protocol || !entry.why_not(spec, *c.problem).empty()) continue;
      spec.rule = parse_rule("momentum", 0.5);
      INFO(std::string(entry.name) << ", " << c.name);
      const auto bsp = parameters(spec, "bsp", c);
      for (const char* same : {"k-sync:3", "k-async:3", "local:1"})
        CHECK(parameters(spec, same, c) == bsp);
    }
  }
}

TEST_CASE(
    "local:H with momentum averages its state: H = 1 by replicas would be bsp but for rounding") {
  // The mean of replicas against the step with the mean gradient, on one round of one step.
  for (const auto& c : cases()) {
    for (const auto& entry : backend_catalog()) {
      RunSpec spec = spec_for(entry, *c.problem, 3, 5, 1);
      if (!entry.uses_protocol || !entry.why_not(spec, *c.problem).empty()) continue;
      spec.updates = 1;
      spec.rule = parse_rule("momentum", 0.5);
      spec.batch = c.problem->examples();  // one mini-batch an epoch: local:2 has one step to make
      const auto bsp = parameters(spec, "bsp", c);
      CHECK(relative_difference(parameters(spec, "local:2", c), bsp) < 1e-5);
    }
  }
}

TEST_CASE("ringmaster:1 takes nothing stale") {
  for_every_protocol(3, [](const BackendEntry& entry, const RunSpec& spec, const Case& c) {
    if (spec.protocol == "ringmaster:1") CHECK(sums(run(entry, spec, *c.problem)).staleness == 0);
  });
}

TEST_CASE("elastic:0 leaves the centre where it was") {
  for_every_protocol(2, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    if (spec.protocol != "elastic:0.3") return;
    spec.protocol = "elastic:0";
    const auto outcome = run(entry, spec, *c.problem);
    CHECK(final_parameters(outcome) == outcome.curve.front().parameters);
  });
}

TEST_CASE("elastic:1 with one worker and one step is sequential SGD but for rounding") {
  for (const auto& c : cases()) {
    for (const auto& entry : backend_catalog()) {
      RunSpec spec = spec_for(entry, *c.problem, 1, 5);
      if (!entry.uses_protocol || !entry.why_not(spec, *c.problem).empty()) continue;
      // At A = 1 centre and replica change places: two sequences of every second step.
      spec.updates = 1;
      const auto reference = run(backend("sequential"), spec, *c.problem);
      CHECK(relative_difference(parameters(spec, "elastic:1,1", c), final_parameters(reference)) <
            1e-5);
    }
  }
}

}  // namespace sgdbench::testing
