// Runs that are one and the same by two names, bit for bit.
#include "tests/theory/outcomes.h"
#include "tests/theory/simulated.h"

using namespace sgdbench;
using namespace sgdbench::theory;

namespace {

const BackendEntry& simulator() {
  return testing::backend("simulator");
}

RunSpec spec_of(const testing::Case& c, std::size_t workers, std::size_t batch = 4) {
  RunSpec spec = testing::spec_for(simulator(), *c.problem, workers, batch);
  spec.step.initial = 0.1 * c.problem->suggested_step(1);
  spec.rule = parse_rule("momentum", 0.5);
  spec.evaluations = 7;
  spec.timeline_slices = 10'000;
  return spec;
}

RunOutcome follow(RunSpec spec, const char* protocol, const Problem& problem) {
  spec.protocol = protocol;
  REQUIRE(simulator().why_not(spec, problem) == "");
  return testing::run(simulator(), spec, problem);
}

RunOutcome on_threads(RunSpec spec, const char* protocol, const Problem& problem) {
  spec.backend = "parameter-server";
  spec.protocol = protocol;
  spec.simulation = {};
  return testing::run(testing::backend("parameter-server"), spec, problem);
}

/// In place, sgd with a dense regulariser makes up for the rounding of each worker's last factor:
/// there a worker of its own is not one worker for all.
bool rounds_alike(const testing::Case& c, const char* protocol, std::string_view rule) {
  const bool replicas = std::string_view(protocol) == "local:3";
  return !replicas || rule != "sgd" || c.name.find("mnist") == std::string::npos;
}

void check_same_curve(const RunOutcome& a, const RunOutcome& b, bool to_the_bit) {
  CHECK(a.updates == b.updates);
  REQUIRE(a.curve.size() == b.curve.size());
  for (std::size_t k = 0; k < b.curve.size(); ++k) {
    const auto &one = a.curve[k].parameters, &other = b.curve[k].parameters;
    if (to_the_bit) CHECK(one == other);
    CHECK(testing::relative_difference(one, other) < 2e-6);
  }
}

/// Both protocols make the same run, in all that it reports, on every problem.
void check_one_run(const char* protocol, const char* same, std::size_t workers) {
  INFO(std::string(protocol) << " and " << std::string(same));
  for (const auto& c : testing::cases()) {
    INFO(c.name);
    RunSpec spec = spec_of(c, workers);
    check_same(follow(spec, protocol, *c.problem), follow(spec, same, *c.problem));
    make_everything_cost(spec);
    check_same(follow(spec, protocol, *c.problem), follow(spec, same, *c.problem));
  }
}

}  // namespace

TEST_CASE("k-sync:P, k-async:P and local:1 are bsp, with its times") {
  for (const char* same : {"k-sync:5", "k-async:5", "local:1"}) check_one_run("bsp", same, 5);
}

TEST_CASE("Bounds that nobody reaches, and updates of one gradient each, are async") {
  for (const char* same : {"k-async:1", "k-batch-async:1", "ssp:inf", "ringmaster:inf"})
    check_one_run("async", same, 5);
  check_one_run("ssp:100000", "ringmaster:100000", 5);
}

TEST_CASE("With one worker every protocol that applies all it makes is sequential SGD") {
  for (const auto& c : testing::cases()) {
    INFO(c.name);
    auto spec = spec_of(c, 1);
    make_everything_cost(spec);
    spec.conditions.stragglers.clear();
    const auto expected = testing::run(testing::backend("sequential"), spec_of(c, 1), *c.problem);
    for (const char* protocol :
         {"async", "bsp", "ssp:0", "ssp:inf", "k-sync:1", "k-batch-sync:1", "k-async:1",
          "k-batch-async:1", "local:1", "local:3", "ringmaster:1", "ringmaster:inf"}) {
      INFO(std::string(protocol));
      const auto outcome = follow(spec, protocol, *c.problem);
      CHECK(testing::final_parameters(outcome) == testing::final_parameters(expected));
      CHECK(outcome.workers[0].staleness.max() == 0);
      CHECK(outcome.workers[0].dropped == 0);
    }
  }
}

TEST_CASE("Simulated rounds are those of real threads, bit for bit") {
  for (const auto& c : testing::cases())
    for (const char* protocol : {"bsp", "local:1", "local:3", "k-sync:4", "k-async:4"})
      for (const char* rule : {"sgd", "momentum", "nesterov"}) {
        INFO(c.name << ", " << std::string(protocol) << ", " << std::string(rule));
        auto spec = spec_of(c, 4, 5);
        spec.rule = parse_rule(rule, *rule == 's' ? 0 : 0.5);
        check_same_curve(follow(spec, protocol, *c.problem), on_threads(spec, protocol, *c.problem),
                         rounds_alike(c, protocol, rule));
      }
}

TEST_CASE("Simulated rounds of P workers are sequential SGD with batch P·b but for rounding") {
  // Some hundred updates, each within P·b roundings of 6e-8 of the other.
  for (const auto& c : testing::cases()) {
    INFO(c.name);
    const auto expected =
        testing::run(testing::backend("sequential"), spec_of(c, 1, 15), *c.problem);
    const auto outcome = follow(spec_of(c, 3, 5), "bsp", *c.problem);
    CHECK(outcome.updates == expected.updates);
    CHECK(testing::relative_difference(testing::final_parameters(outcome),
                                       testing::final_parameters(expected)) < 2e-4);
  }
}

TEST_CASE("Staleness of 1 at most is damped by nothing, and more of it is") {
  for (const auto& c : testing::cases()) {
    INFO(c.name);
    for (const std::size_t workers : {1, 2, 3}) {
      auto spec = spec_of(c, workers);
      spec.simulation.compute_time = Distribution::parse("constant:1ms");
      const auto plain = follow(spec, "async", *c.problem);
      spec.step.policy = StalenessPolicy::inverse;
      const auto damped = follow(spec, "async", *c.problem);
      check_same_schedule(plain, damped);
      CHECK((testing::final_parameters(plain) == testing::final_parameters(damped)) ==
            (workers <= 2));
    }
  }
}

TEST_CASE("One seed gives one run, to the bit, from a new simulator and from one used before") {
  const auto& c = testing::cases()[0];
  for (const char* protocol : kProtocols) {
    INFO(std::string(protocol));
    auto spec = spec_of(c, 5);
    make_everything_cost(spec);
    spec.protocol = protocol;
    const auto backend = simulator().make(spec, *c.problem);
    const auto first = backend->run(spec, testing::never());
    check_same(first, backend->run(spec, testing::never()));
    check_same(first, testing::run(simulator(), spec, *c.problem));
    spec.seed = 2;
    CHECK(backend->run(spec, testing::never()).wall != first.wall);
  }
}

TEST_CASE("What there is to learn changes no time where messages have no size") {
  // A run without parameters is only counted. Equal examples a gradient: all of one epoch's begin.
  const auto c = testing::make_case("least-squares", "quadratic:rows=40000,features=2");
  const auto nothing = make_nothing(0);
  for (const auto assign : {Assign::dynamic, Assign::round_robin})
    for (const char* protocol : kProtocols) {
      INFO(std::string(protocol));
      auto spec = spec_of(c, 5, 1);
      make_everything_cost(spec);
      spec.conditions.bandwidth = 0;
      spec.assign = assign;
      spec.updates = 200;
      spec.epochs = 1;
      check_same_schedule(follow(spec, protocol, *c.problem), follow(spec, protocol, *nothing));
    }
}
