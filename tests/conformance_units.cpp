// The units of what is counted. Updates, local steps, examples and staleness mean the same in every
// backend and under every protocol, so that their columns may stand side by side.

#include <array>

#include "backends/protocols/protocol.h"
#include "tests/conformance.h"

namespace sgdbench::testing {
namespace {

/// A multiple of what lands in one update, for every strategy that is visited with a batch of 1.
constexpr std::size_t kRows = 240;
constexpr std::uint64_t kEpochs = 2;

/// Sparse, with more parameters than are exchanged at a time; and dense, with few.
const std::array<Case, 2>& unit_cases() {
  static const std::array<Case, 2> all{
      make_case("logreg", "rcv1-like:rows=240,features=9000"),
      make_case("least-squares", "quadratic:rows=240,features=10")};
  return all;
}

ProtocolTraits traits_of(const BackendEntry& entry, const RunSpec& spec) {
  return entry.uses_protocol ? make_protocol(spec.protocol, spec.workers)->traits()
                             : ProtocolTraits();
}
bool has_replicas(const BackendEntry& entry, const RunSpec& spec) {
  return entry.uses_exchange || traits_of(entry, spec).exchange != Exchange::gradient;
}

/// Every backend, under every protocol of the catalogue if it follows one.
template <class Visit>
void for_every_strategy(std::size_t workers, std::size_t batch, Visit visit) {
  for (const auto& c : unit_cases())
    for (const auto& entry : backend_catalog())
      for (const auto& protocol : protocol_catalog()) {
        RunSpec spec = spec_for(entry, *c.problem, workers, batch, kEpochs);
        if (!entry.uses_protocol && &protocol != &protocol_catalog().front()) continue;
        if (entry.uses_protocol) spec.protocol = protocol.example;
        if (!entry.unavailable().empty() || !entry.why_not(spec, *c.problem).empty()) continue;
        INFO(std::string(entry.name)
             << ", " << spec.protocol << ", " << workers << " workers, " << c.name);
        visit(entry, spec, *c.problem);
      }
}

/// Of all workers together.
struct Counts {
  std::uint64_t updates = 0, local_steps = 0, computed = 0, applied = 0, dropped = 0;
  std::uint64_t samples = 0, stalest = 0;
};

Counts counts_of(const RunOutcome& outcome) {
  Counts sum;
  for (const auto& worker : outcome.workers) {
    sum.updates += worker.updates;
    sum.local_steps += worker.local_steps.value_or(0);
    sum.computed += worker.computed;
    sum.applied += worker.applied;
    sum.dropped += worker.dropped;
    sum.samples += worker.staleness.count();
    sum.stalest = std::max(sum.stalest, worker.staleness.max());
  }
  return sum;
}

}  // namespace

TEST_CASE("Every epoch lands n examples, and updates have as many as the strategy says") {
  for (const std::size_t workers : {1, 3})
    for_every_strategy(workers, 1, [](const auto& entry, const RunSpec& spec, const auto& problem) {
      const auto outcome = run(entry, spec, problem);
      const auto counts = counts_of(outcome);
      CHECK(outcome.stopped == Stopped::completed);
      CHECK(counts.applied == kEpochs * kRows);
      CHECK(counts.computed == counts.applied + counts.dropped);
      CHECK(counts.updates == outcome.updates);
      CHECK(outcome.updates * examples_landing(entry, spec) == counts.applied);
    });
}

TEST_CASE("A limit on updates is one on changes of the shared parameters") {
  for (const std::size_t workers : {1, 3})
    for_every_strategy(workers, 1, [](const auto& entry, RunSpec spec, const auto& problem) {
      spec.updates = 5;
      spec.epochs = 100;
      const auto outcome = run(entry, spec, problem);
      CHECK(outcome.updates == 5);
      CHECK(counts_of(outcome).applied == 5 * examples_landing(entry, spec));
    });
}

TEST_CASE(
    "Local steps are counted where there are replicas, one for each gradient, and only there") {
  for (const std::size_t workers : {1, 3})
    for_every_strategy(workers, 4, [](const auto& entry, const RunSpec& spec, const auto& problem) {
      const auto outcome = run(entry, spec, problem);
      for (const auto& worker : outcome.workers)
        CHECK(worker.local_steps.has_value() == has_replicas(entry, spec));
      if (has_replicas(entry, spec)) CHECK(counts_of(outcome).local_steps * 4 == kEpochs * kRows);
    });
}

TEST_CASE(
    "Staleness has one sample for each mini-batch gradient that landed, or fewer if sampled") {
  for (const std::size_t workers : {1, 3})
    for (const std::size_t batch : {1, 4})
      for_every_strategy(workers, batch,
                         [&](const auto& entry, const RunSpec& spec, const auto& problem) {
                           const auto outcome = run(entry, spec, problem);
                           const auto counts = counts_of(outcome);
                           const std::uint64_t gradients = kEpochs * kRows / batch;
                           if (outcome.staleness_mode == "sampled") {
                             CHECK(counts.samples >= 1);
                             CHECK(counts.samples <= gradients);
                           } else {
                             CHECK(counts.samples == gradients);
                           }
                         });
}

TEST_CASE("With more workers than examples only those that have a gradient have its staleness") {
  const Case c = make_case("logreg", "rcv1-like:rows=5,features=50");
  for (const auto& entry : backend_catalog())
    for (const auto& protocol : protocol_catalog()) {
      RunSpec spec = spec_for(entry, *c.problem, 6, 1, 3);
      if (entry.uses_protocol) spec.protocol = protocol.example;
      if (!entry.uses_protocol && &protocol != &protocol_catalog().front()) continue;
      if (!entry.unavailable().empty() || !entry.why_not(spec, *c.problem).empty()) continue;
      INFO(std::string(entry.name) << ", " << spec.protocol);
      const auto outcome = run(entry, spec, *c.problem);
      CHECK(counts_of(outcome).applied == 15);
      if (outcome.staleness_mode != "sampled") CHECK(counts_of(outcome).samples == 15);
    }
}

TEST_CASE("No gradient is staler than there are updates, and one worker's is not stale at all") {
  for (const std::size_t workers : {1, 3})
    for_every_strategy(workers, 1, [](const auto& entry, const RunSpec& spec, const auto& problem) {
      const auto outcome = run(entry, spec, problem);
      const auto stalest = counts_of(outcome).stalest;
      CHECK(stalest <= outcome.updates);
      if (spec.workers == 1) CHECK(stalest == 0);
      if (traits_of(entry, spec).whole_rounds) CHECK(stalest == 0);
    });
}

TEST_CASE("Staleness is exact where parameters have versions, and says what it is elsewhere") {
  for (const std::size_t workers : {1, 3})
    for_every_strategy(workers, 1, [](const auto& entry, const RunSpec& spec, const auto& problem) {
      const auto outcome = run(entry, spec, problem);
      CAPTURE(outcome.staleness_mode);
      if (entry.lists_landings || (entry.deterministic(spec) && !entry.uses_write))
        CHECK(outcome.staleness_mode == "exact");
      else if (entry.uses_exchange)
        CHECK(outcome.staleness_mode == (problem.parameters() > 4096 ? "bound" : "exact"));
      else
        CHECK(outcome.staleness_mode == "sampled");
    });
}

TEST_CASE("Along the curve time, updates and examples never fall, and they end at the totals") {
  for (const std::size_t workers : {1, 3})
    for_every_strategy(workers, 1, [](const auto& entry, RunSpec spec, const auto& problem) {
      spec.evaluations = 50;
      const auto outcome = run(entry, spec, problem);
      const std::uint64_t landing = examples_landing(entry, spec);
      CHECK(outcome.curve.front().updates == 0);
      CHECK(outcome.curve.front().examples == 0);
      for (std::size_t k = 1; k < outcome.curve.size(); ++k) {
        const auto &before = outcome.curve[k - 1], &point = outcome.curve[k];
        CHECK(point.time >= before.time);
        CHECK(point.updates >= before.updates);
        CHECK(point.examples >= before.examples);
        if (entry.lists_landings) CHECK(point.updates * landing == point.examples);
      }
      CHECK(outcome.curve.back().updates == outcome.updates);
      CHECK(outcome.curve.back().examples == counts_of(outcome).applied);
    });
}

TEST_CASE("How fine the curve is changes no update, no share of a worker and no parameter") {
  for (const std::size_t workers : {1, 3})
    for_every_strategy(workers, 1, [](const auto& entry, RunSpec spec, const auto& problem) {
      spec.assign = Assign::round_robin;  // a worker's share follows from nothing but the plan
      spec.evaluations = 10;
      const auto coarse = run(entry, spec, problem);
      spec.evaluations = 100;
      const auto fine = run(entry, spec, problem);
      spec.spacing = Spacing::geometric;
      const auto geometric = run(entry, spec, problem);
      for (const auto* other : {&fine, &geometric}) {
        for (std::size_t w = 0; w < coarse.workers.size(); ++w) {
          CHECK(other->workers[w].applied == coarse.workers[w].applied);
          CHECK(other->workers[w].local_steps == coarse.workers[w].local_steps);
        }
        // Under round-robin, the last updates of some protocols are of those that have work left.
        if (traits_of(entry, spec).arrivals == 1 || entry.deterministic(spec))
          CHECK(other->updates == coarse.updates);
        if (entry.deterministic(spec)) CHECK(final_parameters(*other) == final_parameters(coarse));
      }
      // As fine as it can be looked at: at every update, or at the first one past each point.
      CHECK(fine.curve.size() > 20);
      CHECK(fine.curve.size() >= coarse.curve.size());
    });
}

TEST_CASE("A simulated protocol counts as the one on threads does") {
  for (const std::size_t workers : {1, 3})
    for_every_strategy(workers, 4, [](const auto& entry, RunSpec spec, const auto& problem) {
      if (!entry.uses_protocol || entry.virtual_clock) return;
      const auto threads = counts_of(run(entry, spec, problem));
      for (const auto& other : backend_catalog()) {
        if (!other.uses_protocol || !other.virtual_clock) continue;
        spec.backend = other.name;
        spec.simulation.compute_time = Distribution::parse("exp:1ms");
        const auto simulated = counts_of(run(other, spec, problem));
        CHECK(simulated.updates == threads.updates);
        CHECK(simulated.local_steps == threads.local_steps);
        CHECK(simulated.applied == threads.applied);
        CHECK(simulated.samples == threads.samples);
      }
    });
}

}  // namespace sgdbench::testing
