// Backends that must agree with each other: THEORY's equivalences, on every problem.

#include "tests/conformance.h"

namespace sgdbench::testing {
namespace {

// 400 updates in single precision, summed in another order: some hundred roundings of 6e-8.
constexpr double kRounding = 2e-4;

}  // namespace

TEST_CASE("Every backend with one worker gives the parameters of the sequential one") {
  for (const std::size_t batch : {1, 7}) {
    for_every_backend(1, batch, [&](const BackendEntry& entry, const RunSpec& spec, const Case& c) {
      const auto reference = run(backend("sequential"), spec, *c.problem);
      const auto outcome = run(entry, spec, *c.problem);
      CHECK(steps_of(outcome) == reference.updates);
      CHECK(relative_difference(final_parameters(outcome), final_parameters(reference)) <
            kRounding);
      for (const auto& worker : outcome.workers) CHECK(worker.staleness.max() == 0);
    });
  }
}

TEST_CASE("With one worker they agree while the step size falls to the end of the plan") {
  for (const std::size_t batch : {1, 7}) {
    for_every_backend(1, batch, [&](const BackendEntry& entry, RunSpec spec, const Case& c) {
      parse_schedule("cooldown:0.8", spec.step);
      const auto reference = run(backend("sequential"), spec, *c.problem);
      const auto outcome = run(entry, spec, *c.problem);
      CHECK(relative_difference(final_parameters(outcome), final_parameters(reference)) <
            kRounding);
      spec.step.schedule = Schedule::constant;
      CHECK(relative_difference(final_parameters(run(entry, spec, *c.problem)),
                                final_parameters(reference)) > 10 * kRounding);
    });
  }
}

TEST_CASE("A run that is a part of a longer one falls in step size as that does") {
  const Case c = make_case("logreg", "rcv1-like:rows=203,features=4000");
  for (const char* name : {"sequential", "openmp-sync", "locked", "downpour"}) {
    INFO(name);
    RunSpec whole = spec_for(backend(name), *c.problem, 1, 7, 4);
    parse_schedule("cooldown:1", whole.step);
    const auto reference = run(backend(name), whole, *c.problem);
    RunSpec part = whole;
    part.epochs = 1;
    const auto alone = run(backend(name), part, *c.problem);
    part.whole_epochs = 4;
    const auto first = run(backend(name), part, *c.problem);
    CHECK(final_parameters(first) == reference.curve[1].parameters);
    CHECK(final_parameters(alone) != reference.curve[1].parameters);
    // The plan ends with --updates where these are fewer; an exchange is one of several
    // mini-batches.
    if (backend(name).uses_exchange) continue;
    whole.updates = 58;  // two epochs
    part.whole_updates = whole.updates;
    const auto limited = run(backend(name), whole, *c.problem);
    CHECK(final_parameters(run(backend(name), part, *c.problem)) == limited.curve[1].parameters);
    CHECK(limited.curve[1].parameters != reference.curve[1].parameters);
  }
}

TEST_CASE("With one worker they agree under every rule that takes gradients as they are") {
  for (const auto& row : rule_catalog()) {
    if (row.estimate != Estimate::plain) continue;
    INFO(std::string(row.name));
    for_every_backend(1, 5, [&](const BackendEntry& entry, RunSpec spec, const Case& c) {
      spec.rule = parse_rule(row.name, 0.5);
      spec.step.initial =
          automatic_step(spec.rule, 1, 1, [&](std::size_t) { return spec.step.initial; });
      const auto reference = run(backend("sequential"), spec, *c.problem);
      CHECK(relative_difference(final_parameters(run(entry, spec, *c.problem)),
                                final_parameters(reference)) < kRounding);
    });
  }
}

TEST_CASE("Synchronous SGD with P workers and batch b is sequential SGD with batch P·b") {
  constexpr std::size_t kWorkers = 3, kBatch = 5;
  for (const auto& c : cases()) {
    INFO(c.name);
    RunSpec big = spec_for(backend("sequential"), *c.problem, 1, kWorkers * kBatch);
    big.rule = parse_rule("momentum", 0.5);
    parse_schedule("cooldown:0.8", big.step);  // to the end of the same plan
    const auto reference = run(backend("sequential"), big, *c.problem);
    for (const char* name : {"openmp-sync", "parameter-server"}) {
      INFO(name);
      RunSpec spec = big;
      spec.workers = kWorkers;
      spec.batch = kBatch;
      spec.protocol = "bsp";
      const auto outcome = run(backend(name), spec, *c.problem);
      CHECK(outcome.updates == reference.updates);
      CHECK(relative_difference(final_parameters(outcome), final_parameters(reference)) <
            kRounding);
      for (const auto& worker : outcome.workers) CHECK(worker.staleness.max() == 0);
    }
  }
}

TEST_CASE("What calls itself deterministic gives the same parameters twice, bit for bit") {
  for (const std::size_t workers : {1, 3}) {
    for_every_backend(workers, 4, [&](const BackendEntry& entry, RunSpec spec, const Case& c) {
      spec.protocol = "bsp";
      if (!entry.deterministic(spec)) return;
      const auto first = run(entry, spec, *c.problem), second = run(entry, spec, *c.problem);
      CHECK(final_parameters(first) == final_parameters(second));
    });
  }
}

TEST_CASE("All backends start from the same parameters at one seed, and others at another") {
  const Case c = make_case("mlp", "mnist-like:rows=50");
  RunSpec spec = spec_for(backend("sequential"), *c.problem, 1, 8, 1);
  const auto reference = run(backend("sequential"), spec, *c.problem).curve.front().parameters;
  for (const auto& entry : backend_catalog()) {
    if (!entry.unavailable().empty() || !entry.why_not(spec, *c.problem).empty()) continue;
    CHECK(run(entry, spec, *c.problem).curve.front().parameters == reference);
  }
  spec.seed = 2;
  CHECK(run(backend("sequential"), spec, *c.problem).curve.front().parameters != reference);
}

}  // namespace sgdbench::testing
