// What a server and its protocols must do beyond conserving work: who waits for whom at the end,
// which step a stale update gets, what cancelling costs.

#include "backends/protocols/protocol.h"
#include "backends/server.h"
#include "tests/conformance.h"

namespace sgdbench::testing {
namespace {

/// Every backend that follows `protocol`, on a sparse and on a dense problem.
template <class Visit>
void for_each_server(const std::string& protocol, std::size_t workers, std::size_t batch,
                     Visit visit) {
  for (const auto& c : {&cases()[0], &cases()[2]}) {
    for (const auto& entry : backend_catalog()) {
      if (!entry.uses_protocol) continue;
      RunSpec spec = spec_for(entry, *c->problem, workers, batch);
      spec.protocol = protocol;
      if (entry.virtual_clock) spec.simulation.compute_time = Distribution::parse("exp:1ms");
      if (!entry.why_not(spec, *c->problem).empty()) continue;
      INFO(std::string(entry.name) << ", " << protocol << ", " << c->name);
      visit(entry, spec, *c);
    }
  }
}

void check_all_landed(const RunOutcome& outcome, std::uint64_t examples) {
  CHECK(outcome.stopped == Stopped::completed);
  std::uint64_t applied = 0;
  for (const auto& worker : outcome.workers) {
    CHECK(worker.computed == worker.applied + worker.dropped);
    applied += worker.applied;
  }
  CHECK(applied == examples);
}

}  // namespace

TEST_CASE("k-sync:K never keeps a task from those that are idle: it ends, however fast they are") {
  // Workers that are cancelled in a long sleep wake up when a fast one has gone through all that is
  // left but one gradient, which then must be somebody's.
  const Case c = make_case("logreg", "rcv1-like:rows=16,features=50");
  for (const auto& entry : backend_catalog()) {
    if (!entry.uses_protocol || entry.virtual_clock) continue;
    RunSpec spec = spec_for(entry, *c.problem, 4, 1);
    spec.protocol = "k-sync:2";
    if (!entry.why_not(spec, *c.problem).empty()) continue;
    spec.conditions.straggler_text = "2:1000+3:1000+1:50";
    spec.conditions.stragglers = parse_stragglers(spec.conditions.straggler_text);
    const auto made = entry.make(spec, *c.problem);
    for (int i = 0; i < 200; ++i) check_all_landed(made->run(spec, never()), 32);
  }
}

TEST_CASE("Workers that are cancelled while their parameters are on the way lose no work") {
  for (const char* protocol : {"k-sync:1", "k-sync:3", "k-batch-sync:2"})
    for (const char* latency : {"exp:200us", "pareto:20us,1.5"})
      for_each_server(protocol, 4, 4, [&](const BackendEntry& entry, RunSpec spec, const Case& c) {
        spec.conditions.latency = Distribution::parse(latency);
        check_all_landed(run(entry, spec, *c.problem), 2 * c.problem->examples());
      });
}

TEST_CASE("More workers than examples, and a batch larger than the data, lose and repeat nothing") {
  const Case c = make_case("logreg", "rcv1-like:rows=5,features=50");
  for (const auto& row : protocol_catalog())
    for (const std::size_t batch : {1, 100})
      for (const auto assign : {Assign::dynamic, Assign::round_robin})
        for (const auto& entry : backend_catalog()) {
          RunSpec spec = spec_for(entry, *c.problem, 9, batch, 3);
          spec.protocol = row.example;
          spec.assign = assign;
          if (entry.virtual_clock) spec.simulation.compute_time = Distribution::parse("exp:1ms");
          if (!entry.uses_protocol || !entry.why_not(spec, *c.problem).empty()) continue;
          INFO(std::string(entry.name) << ", " << std::string(row.example));
          check_all_landed(run(entry, spec, *c.problem), 15);
        }
}

TEST_CASE("A staleness policy shortens the steps of stale updates under every way of grouping") {
  // On a virtual clock the schedule is the same with and without, so that only the steps differ.
  for (const char* protocol : {"async", "k-batch-async:2"})
    for_each_server(protocol, 8, 4, [&](const BackendEntry& entry, RunSpec spec, const Case& c) {
      if (!entry.virtual_clock) return;
      const auto plain = final_parameters(run(entry, spec, *c.problem));
      spec.step.policy = StalenessPolicy::inverse;
      CHECK(final_parameters(run(entry, spec, *c.problem)) != plain);
    });
}

TEST_CASE("elastic:0.5 with one worker and one step is sequential SGD with half the step size") {
  // Replica and centre meet half way: x̃ = xᵢ = (x̃ + x̃ − γ·∇f(x̃)) / 2. Only if both of them move.
  for_each_server(
      "elastic:0.5,1", 1, 5, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
        const auto outcome = run(entry, spec, *c.problem);
        spec.step.initial /= 2;
        const auto half = run(backend("sequential"), spec, *c.problem);
        CHECK(relative_difference(final_parameters(outcome), final_parameters(half)) < 1e-4);
      });
}

TEST_CASE(
    "k-batch-async:3 and k-batch-sync:3 with one worker are sequential SGD of thrice the batch") {
  // It computes all three gradients of an update at the same parameters, and each must be kept.
  for (const char* protocol : {"k-batch-async:3", "k-batch-sync:3"})
    for_each_server(protocol, 1, 5, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
      const auto outcome = run(entry, spec, *c.problem);
      spec.batch *= 3;
      const auto big = run(backend("sequential"), spec, *c.problem);
      CHECK(outcome.updates == big.updates);
      CHECK(relative_difference(final_parameters(outcome), final_parameters(big)) < 1e-4);
    });
}

TEST_CASE("A mean of replicas weighs each by its examples") {
  ReplicaMean mean;
  mean.begin(2);
  Real one[] = {1, 8}, other[] = {5, 0}, result[] = {0, 0};
  mean.add(one, 3);
  mean.add(other, 1);
  mean.write(result);
  CHECK(result[0] == 2);
  CHECK(result[1] == 6);
}

TEST_CASE("Without recording every protocol makes the same updates of the same examples") {
  for (const auto& row : protocol_catalog())
    for_each_server(std::string(row.example), 3, 4,
                    [](const BackendEntry& entry, RunSpec spec, const Case& c) {
                      const auto recorded = run(entry, spec, *c.problem);
                      spec.recording = false;
                      const auto bare = run(entry, spec, *c.problem);
                      check_all_landed(bare, 2 * c.problem->examples());
                      CHECK(bare.updates == recorded.updates);
                      for (const auto& worker : bare.workers) CHECK(worker.staleness.count() == 0);
                      if (entry.deterministic(spec))
                        CHECK(final_parameters(bare) == final_parameters(recorded));
                    });
}

}  // namespace sgdbench::testing
