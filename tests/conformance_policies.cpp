// Staleness policies on every backend: each is its formula, or refused; what is thrown away for its
// age is dealt again.

#include "backends/protocols/protocol.h"
#include "backends/verification.h"
#include "tests/conformance.h"

namespace sgdbench::testing {
namespace {

/// With a λ that is felt.
std::string text_of(const StalenessPolicyEntry& policy) {
  return policy.policy == StalenessPolicy::dc ? "dc:1" : std::string(policy.name);
}

std::vector<LandedTask> landings_of(const RunOutcome& outcome) {
  std::vector<LandedTask> landings;
  for (const auto& worker : outcome.workers)
    landings.insert(landings.end(), worker.landings.begin(), worker.landings.end());
  return landings;
}

/// How far the end of a run is from what landed in it, recomputed in double (verification.h): in
/// tolerances, at the coordinate where it is farthest.
double off(const RunSpec& spec, const Problem& problem, const RunOutcome& outcome) {
  const auto& start = outcome.curve.front().parameters;
  const auto& end = final_parameters(outcome);
  const auto path = reference_path(problem, spec, ProtocolTraits{}, start, landings_of(outcome));
  double most = 0;
  for (std::size_t i = 0; i < end.size(); ++i)
    most = std::max(most, std::abs(path.w[i] - double{end[i]}) / path.tolerance[i]);
  return most;
}

/// A run of 16 updates that lists what landed, as a policy would have it.
RunSpec with_landings(const BackendEntry& entry, const Case& c, std::size_t batch,
                      const StalenessPolicyEntry& policy) {
  RunSpec spec = spec_for(entry, *c.problem, 5, batch);
  spec.updates = 16;
  spec.landings = true;
  if (!entry.virtual_clock && entry.delays_compute)
    spec.conditions.compute_delay = Distribution::parse("exp:50us");
  parse_staleness_policy(text_of(policy), spec.step);
  return spec;
}

std::uint64_t stalest_of(const RunOutcome& outcome) {
  std::uint64_t most = 0;
  for (const auto& worker : outcome.workers) most = std::max(most, worker.staleness.max());
  return most;
}

/// Everything landed once, and what was thrown away was counted; returns that.
std::uint64_t dropped_where_all_landed(const RunOutcome& outcome, const RunSpec& spec,
                                       const Problem& p) {
  CHECK(outcome.stopped == Stopped::completed);
  std::uint64_t applied = 0, dropped = 0;
  for (const auto& worker : outcome.workers) {
    CHECK(worker.computed == worker.applied + worker.dropped);
    applied += worker.applied;
    dropped += worker.dropped;
  }
  CHECK(applied == spec.epochs * p.examples());
  return dropped;
}

/// Every backend that can throw away what is too old, under every protocol of gradients that it
/// follows, and several bounds and ways to hand out the work.
template <class Visit>
void for_every_bound(std::size_t workers, Visit visit) {
  for (const auto& entry : backend_catalog()) {
    if (!entry.bounds_staleness) continue;
    for (const char* protocol : {"async", "ssp:0", "ssp:2", "bsp", "k-sync:2", "k-batch-sync:3",
                                 "k-async:2", "k-batch-async:3", "ringmaster:3"}) {
      for (const std::uint64_t bound : {0, 1, 4}) {
        for (const auto assign : {Assign::dynamic, Assign::round_robin}) {
          RunSpec spec = spec_for(entry, *cases()[0].problem, workers, 4);
          spec.protocol = protocol;
          spec.max_staleness = bound;
          spec.assign = assign;
          if (!entry.why_not(spec, *cases()[0].problem).empty()) continue;
          INFO(std::string(entry.name) << ", " << spec.protocol << ", " << bound);
          visit(entry, spec);
        }
      }
      if (!entry.uses_protocol) break;
    }
  }
}

}  // namespace

TEST_CASE("Every policy is its formula where what landed is known, whoever hosts the server" *
          doctest::test_suite("long")) {
  // A smooth network: at a kink, a rounding is felt.
  const Case network = make_case("mlp", "covtype-like:rows=60", -1, "tanh");
  for (const auto& c : {&cases()[0], &cases()[2], &cases()[3], &network})
    for (const auto& entry : backend_catalog()) {
      if (!entry.lists_landings) continue;
      for (const auto& policy : staleness_policy_catalog())
        for (const char* protocol : {"async", "k-batch-async:3", "k-async:2"}) {
          for (const std::size_t batch : {1, 5}) {
            RunSpec spec = with_landings(entry, *c, batch, policy);
            spec.protocol = protocol;
            if (!entry.why_not(spec, *c->problem).empty()) continue;
            INFO(std::string(entry.name) << ", " << spec.protocol << ", " << policy.name << ", "
                                         << c->name << ", batch " << batch);
            const auto outcome = run(entry, spec, *c->problem);
            CHECK(off(spec, *c->problem, outcome) <= 1);
            if (!entry.virtual_clock || spec.protocol != "async" || !policy.needs) continue;
            spec.step.policy = StalenessPolicy::none;
            CHECK(off(spec, *c->problem, outcome) > 1);
          }
          if (!entry.uses_protocol) break;
        }
    }
}

TEST_CASE("Every rule takes what a policy makes of the step and the gradient, averaged or not" *
          doctest::test_suite("long")) {
  std::size_t checked = 0;
  std::uint64_t dropped = 0;
  const Case sparse = make_case("logreg", "rcv1-like:rows=203,features=2000");
  for (const auto* c : {&sparse})
    for (const auto& entry : backend_catalog()) {
      if (!entry.lists_landings) continue;
      for (const auto& rule : rule_catalog()) {
        for (const auto& policy : staleness_policy_catalog())
          for (const double average : {0.0, 0.5}) {
            RunSpec spec = with_landings(entry, *c, 3, policy);
            spec.rule = parse_rule(rule.name, 0.5);
            spec.rule.average = average;
            spec.max_staleness = 6;
            spec.protocol = entry.virtual_clock ? "async" : "k-batch-async:2";
            if (!entry.why_not(spec, *c->problem).empty()) continue;
            INFO(std::string(entry.name) << ", " << rule.name << ", " << policy.name << ", "
                                         << c->name << ", average " << average);
            const auto outcome = run(entry, spec, *c->problem);
            CHECK(off(spec, *c->problem, outcome) <= 1);
            ++checked;
            if (!entry.virtual_clock) continue;
            for (const auto& worker : outcome.workers) dropped += worker.dropped;
            // Neither the policy nor the average is without effect.
            RunSpec other = spec;
            other.step.policy = StalenessPolicy::none;
            if (policy.needs && rule.estimate == Estimate::plain)
              CHECK(off(other, *c->problem, outcome) > 1);
            other = spec;
            other.rule.average = 0.25;
            if (average != 0) CHECK(off(other, *c->problem, outcome) > 1);
          }
      }
    }
  CHECK(checked > 150);
  CHECK(dropped > 30);
}

TEST_CASE("With one worker every policy and bound is sequential SGD, on every backend") {
  for_every_backend(1, 5, [](const BackendEntry& entry, const RunSpec& plain, const Case& c) {
    const auto expected = run(backend("sequential"), plain, *c.problem);
    RunSpec averaged = plain;
    averaged.rule = parse_rule("adagrad", 0, {.average = 0.5});
    const auto expected_average = run(backend("sequential"), averaged, *c.problem);
    for (const auto& policy : staleness_policy_catalog()) {
      INFO(std::string(policy.name));
      RunSpec spec = plain;
      spec.max_staleness = 0;
      parse_staleness_policy(policy.name, spec.step);
      if (!entry.why_not(spec, *c.problem).empty()) continue;
      const auto outcome = run(entry, spec, *c.problem);
      CHECK(relative_difference(final_parameters(outcome), final_parameters(expected)) < 1e-4);
      spec.rule = averaged.rule;
      if (!entry.why_not(spec, *c.problem).empty()) continue;
      CHECK(relative_difference(final_parameters(run(entry, spec, *c.problem)),
                                final_parameters(expected_average)) < 1e-4);
    }
  });
}

TEST_CASE("A backend follows a policy to the end or says why not, under every protocol") {
  const Case& c = cases()[0];
  for (const auto& entry : backend_catalog()) {
    if (!entry.unavailable().empty() || entry.one_worker) continue;
    for (const auto& protocol : protocol_catalog()) {
      for (const auto& policy : staleness_policy_catalog()) {
        RunSpec spec = spec_for(entry, *c.problem, 3, 4);
        spec.protocol = protocol.example;
        INFO(std::string(entry.name) << ", " << spec.protocol << ", " << std::string(policy.name));
        if (!entry.why_not(spec, *c.problem).empty()) continue;
        parse_staleness_policy(policy.name, spec.step);
        if (!entry.why_not(spec, *c.problem).empty()) {
          CHECK(policy.needs != kNeedsNothing);
          continue;
        }
        dropped_where_all_landed(run(entry, spec, *c.problem), spec, *c.problem);
      }
      if (!entry.uses_protocol) break;
    }
  }
}

TEST_CASE("What corrects a gradient is refused beside a rule that lands something else") {
  const Case& c = cases()[0];
  for (const auto& rule : rule_catalog())
    for (const auto& policy : staleness_policy_catalog()) {
      RunSpec spec = spec_for(backend("parameter-server"), *c.problem, 2, 4);
      spec.protocol = "bsp";  // which is for every rule
      spec.rule = parse_rule(rule.name, 0);
      parse_staleness_policy(policy.name, spec.step);
      const bool refused = !backend("parameter-server").why_not(spec, *c.problem).empty();
      CHECK(refused ==
            ((rule.estimate != Estimate::plain && (policy.needs & kNeedsReadParameters) != 0) ||
             (rule.usual_step != 0 && policy.policy == StalenessPolicy::gap_aware)));
    }
}

TEST_CASE(
    "dc:0 is none but for roundings, delay-adaptive is none while τ ≤ P, and no bound is none") {
  for (const auto& c : cases()) {
    INFO(c.name);
    RunSpec spec = spec_for(backend("simulator"), *c.problem, 5, 4);
    const auto end_of = [&](const RunSpec& what) {
      return final_parameters(run(backend("simulator"), what, *c.problem));
    };
    const auto none = run(backend("simulator"), spec, *c.problem);
    RunSpec same = spec;
    parse_staleness_policy("dc:0", same.step);
    CHECK(relative_difference(end_of(same), final_parameters(none)) < 1e-5);
    same = spec;
    same.max_staleness = stalest_of(none);
    CHECK(end_of(same) == final_parameters(none));
    --same.max_staleness;
    CHECK(end_of(same) != final_parameters(none));
    // Equal workers: τ = P − 1.
    spec.simulation.compute_time = same.simulation.compute_time =
        Distribution::parse("constant:1ms");
    same.max_staleness = kNoLimit;
    parse_staleness_policy("delay-adaptive", same.step);
    CHECK(end_of(same) == end_of(spec));
  }
}

TEST_CASE("No gradient that lands is older than the bound, and every example lands all the same") {
  for (const std::size_t workers : {1, 3, 7})
    for_every_bound(workers, [](const BackendEntry& entry, const RunSpec& spec) {
      const auto outcome = run(entry, spec, *cases()[0].problem);
      const auto dropped = dropped_where_all_landed(outcome, spec, *cases()[0].problem);
      CHECK(stalest_of(outcome) <= spec.max_staleness);
      if (spec.workers == 1 && spec.protocol == "async") CHECK(dropped == 0);
      if (spec.workers == 7 && spec.protocol == "async" && entry.virtual_clock) CHECK(dropped > 0);
    });
}

TEST_CASE("A worker that is too slow for the bound lands its share when nobody else is left") {
  const Case& c = cases()[0];
  for_every_bound(4, [&](const BackendEntry& entry, RunSpec spec) {
    spec.conditions.straggler_text = "2:50";
    spec.conditions.stragglers = parse_stragglers(spec.conditions.straggler_text);
    spec.conditions.compute_delay =
        Distribution::parse(entry.virtual_clock ? "exp:1ms" : "constant:2us");
    const auto outcome = run(entry, spec, *c.problem);
    dropped_where_all_landed(outcome, spec, *c.problem);
    CHECK(stalest_of(outcome) <= spec.max_staleness);
    if (spec.assign == Assign::round_robin) CHECK(outcome.workers[2].applied > 0);
  });
}

TEST_CASE("A bound of R − 1 on async is ringmaster:R, to the bit, on a virtual clock") {
  for (const auto& c : cases()) {
    RunSpec spec = spec_for(backend("simulator"), *c.problem, 6, 4);
    RunSpec ringmaster = spec;
    spec.max_staleness = 3;
    ringmaster.protocol = "ringmaster:4";
    const auto one = run(backend("simulator"), spec, *c.problem);
    const auto other = run(backend("simulator"), ringmaster, *c.problem);
    CHECK(final_parameters(one) == final_parameters(other));
    CHECK(one.wall == other.wall);
    CHECK(dropped_where_all_landed(one, spec, *c.problem) > 0);
  }
}

TEST_CASE("Policies and bounds give one run for one seed, from a simulator that was used before") {
  const Case& c = cases()[0];
  for (const auto& policy : staleness_policy_catalog()) {
    RunSpec spec = spec_for(backend("simulator"), *c.problem, 6, 2);
    spec.max_staleness = 6;
    parse_staleness_policy(policy.name, spec.step);
    const auto made = backend("simulator").make(spec, *c.problem);
    const auto first = final_parameters(made->run(spec, never()));
    CHECK(final_parameters(made->run(spec, never())) == first);
  }
}

TEST_CASE("A study without parameters throws away what one with them does") {
  const auto nothing = make_nothing(0);
  for (const char* protocol : {"async", "ssp:2", "k-async:2", "k-batch-async:3"}) {
    const Case c = make_case("least-squares", "quadratic:rows=2000,features=2");
    RunSpec spec = spec_for(backend("simulator"), *c.problem, 6, 1, 1);
    spec.protocol = protocol;
    spec.max_staleness = 1;
    spec.updates = 300;
    const auto learnt = run(backend("simulator"), spec, *c.problem);
    const auto counted = run(backend("simulator"), spec, *nothing);
    CHECK(learnt.wall == counted.wall);
    for (std::size_t w = 0; w < spec.workers; ++w)
      CHECK(learnt.workers[w].dropped == counted.workers[w].dropped);
  }
}

}  // namespace sgdbench::testing
