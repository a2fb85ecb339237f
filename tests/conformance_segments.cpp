// Runs whose rule asks for full gradients: segments of the plan with all workers' passes between.

#include <map>
#include <numeric>

#include "tests/conformance.h"
#include "workloads/random.h"
#include "workloads/rules/reference_rules.h"

namespace sgdbench::testing {
namespace {

constexpr std::uint64_t kInner = 60;  // no multiple of any batch below

/// One problem for each kind of worker, on fewer features where full gradients in double would
/// take most of the time.
const std::vector<Case>& small_cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> made;
    for (const auto& one : cases()) {
      const auto workload = one.name.substr(0, one.name.find(" on "));
      const bool images = one.name.find("mnist-like") != std::string::npos;
      made.push_back(make_case(
          workload, images ? "covtype-like:rows=203" : one.name.substr(workload.size() + 4)));
    }
    return made;
  }();
  return all;
}

/// Calls visit(entry, spec, case) for every backend and protocol that the rule can run on.
template <class Visit>
void for_every_segmented(const char* rule, std::size_t workers, std::size_t batch, Visit visit) {
  constexpr std::uint64_t kEpochs = 1;  // of four segments
  std::size_t visited = 0;
  for (const auto& one : small_cases())
    for (const auto& entry : backend_catalog())
      for (const auto& protocol : protocol_catalog()) {
        RunSpec spec = spec_for(entry, *one.problem, workers, batch, kEpochs);
        spec.rule = parse_rule(rule, 0);
        spec.rule.inner = kInner;
        spec.protocol = protocol.example;
        if (!entry.unavailable().empty() || !entry.why_not(spec, *one.problem).empty()) continue;
        INFO(rule << " in " << std::string(entry.name) << ", " << spec.protocol << ", " << one.name
                  << ", batch " << batch);
        visit(entry, spec, one);
        ++visited;
        if (!entry.uses_protocol) break;
      }
  CHECK(visited >= 10);
}

/// Where the naive reference is after an epoch in updates of `batch`, or nearly.
std::vector<double> reference_run(const Problem& problem, const RunSpec& spec, std::size_t batch) {
  const WorkPlan plan(problem.examples(), batch, 1, spec.epochs, 0);
  const SampleOrder order(problem.examples(), spec.epochs, spec.shuffle, spec.seed);
  AlignedVector<Real> start(problem.parameters());
  problem.initialise(start, spec.seed);
  std::vector<double> w(start.begin(), start.end()), g(w.size());
  std::vector<std::uint32_t> scratch(problem.examples());
  ReferenceMemory memory(problem, spec.rule);
  std::uint64_t next_full = 0, landed = 0;
  for (std::uint64_t t = 0; t < plan.updates(); ++t) {
    if (landed >= next_full) {
      memory.make_full(w);
      next_full += kInner;
    }
    const Block block = plan.block(t);
    const ReferenceMemory::Part part{w, order.rows(block.epoch, block.begin, block.end, scratch)};
    memory.estimate(w, {&part, 1}, g);
    rule_entry(spec.rule.name).reference(spec.rule, w, g, spec.step.initial);
    landed = block.examples_after;
  }
  return w;
}

}  // namespace

TEST_CASE("Where no order is left to chance, SVRG and SARAH are their reference to the end" *
          doctest::test_suite("long")) {
  struct Shape {
    std::size_t workers, batch;
  };
  for (const char* rule : {"svrg", "sarah"})
    for (const Shape shape : {Shape{1, 1}, Shape{3, 1}, Shape{3, 4}}) {
      const std::size_t workers = shape.workers;
      std::map<std::string, std::vector<double>> references;
      for_every_segmented(
          rule, workers, shape.batch,
          [&](const BackendEntry& entry, RunSpec spec, const Case& one) {
            if (!entry.deterministic(spec)) return;
            if (entry.virtual_clock && gradients_per_update(spec.protocol, workers) != workers)
              return;
            const auto outcome = run(entry, spec, *one.problem);
            const std::size_t together = examples_per_update(entry, spec, 203);
            auto& expected = references[one.name + " " + std::to_string(together)];
            if (expected.empty()) expected = reference_run(*one.problem, spec, together);
            const auto& w = final_parameters(outcome);
            double apart = 0, largest = 0;
            for (std::size_t i = 0; i < w.size(); ++i) {
              apart = std::max(apart, std::abs(static_cast<double>(w[i]) - expected[i]));
              largest = std::max(largest, std::abs(expected[i]));
            }
            CHECK(apart < 1e-4 * largest);
          });
    }
}

TEST_CASE("Every example is in every full gradient once, and lands as often as there are epochs") {
  for (const std::size_t workers : {1, 3})
    for_every_segmented("svrg", workers, workers == 1 ? 4 : 1,
                        [&](const BackendEntry& entry, RunSpec spec, const Case& one) {
                          const std::uint64_t n = one.problem->examples();
                          const auto outcome = run(entry, spec, *one.problem);
                          CHECK(outcome.stopped == Stopped::completed);
                          std::uint64_t full = 0, applied = 0, computed = 0, dropped = 0;
                          for (const auto& worker : outcome.workers) {
                            full += worker.full_gradient_examples;
                            applied += worker.applied;
                            computed += worker.computed;
                            dropped += worker.dropped;
                            CHECK(worker.full_gradient > 0);
                            CHECK(worker.full_gradient <= outcome.wall);
                          }
                          CHECK(full == (spec.epochs * n + kInner - 1) / kInner * n);
                          CHECK(applied == spec.epochs * n);
                          CHECK(computed == applied + dropped);
                          CHECK(outcome.curve.back().examples == spec.epochs * n);
                        });
}

TEST_CASE(
    "SARAH runs where each gradient is of the parameters that it lands in, and nowhere else") {
  for (const auto& one : small_cases())
    for (const auto& entry : backend_catalog())
      for (const auto& protocol : protocol_catalog()) {
        RunSpec spec = spec_for(entry, *one.problem, 3, 4);
        spec.protocol = protocol.example;
        if (!entry.unavailable().empty() || !entry.why_not(spec, *one.problem).empty()) continue;
        spec.rule = parse_rule("sarah", 0);
        if (!one.problem->why_no_rule(spec.rule).empty()) continue;
        INFO(std::string(entry.name) << ", " << spec.protocol << ", " << one.name);
        const auto why = entry.why_not(spec, *one.problem);
        if (!why.empty()) {
          CHECK(
              (why.find("stale") != std::string::npos || why.find("memory") != std::string::npos));
          continue;
        }
        std::uint64_t stale = 0;
        for (const auto& worker : run(entry, spec, *one.problem).workers)
          stale = std::max(stale, worker.staleness.max());
        CHECK(stale == 0);
      }
}

TEST_CASE("A run with full gradients that is interrupted ends, and its backend runs again") {
  for_every_segmented("svrg", 3, 4, [&](const BackendEntry& entry, RunSpec spec, const Case& one) {
    const std::atomic<bool> now{true};
    const auto made = entry.make(spec, *one.problem);
    CHECK(made->run(spec, now).stopped == Stopped::interrupted);
    spec.updates = 7;
    CHECK(made->run(spec, never()).updates == 7);
  });
}

TEST_CASE(
    "lsvrg makes its full gradients at places that the seed gives, an epoch apart in the mean") {
  const auto& problem = *cases()[0].problem;
  const auto rule = problem.make_rule(parse_rule("lsvrg", 0));
  const std::uint64_t n = problem.examples();
  const auto places_of = [&](std::uint64_t seed) {
    const auto next = rule->full_gradients(seed);
    std::vector<std::uint64_t> all;
    for (std::uint64_t place = next(); place < 4000 * n; place = next()) all.push_back(place);
    return all;
  };
  const auto places = places_of(1);
  CHECK(places == places_of(1));
  CHECK(places != places_of(2));
  CHECK(places.front() == 0);
  CHECK(std::is_sorted(places.begin(), places.end()));
  // Some 4,000 of them, of a variance as large as their mean: within six deviations.
  CHECK(std::abs(static_cast<double>(places.size()) - 4000) < 6 * std::sqrt(4000.0));
}

}  // namespace sgdbench::testing
