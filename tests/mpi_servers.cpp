// Servers that are processes against the strategies that they must equal. Every rank runs every
// case; what a run came to, rank 0 alone knows.

#include "tests/mpi_fixture.h"

namespace sgdbench::testing {
namespace {

const BackendEntry& servers() {
  return backend("mpi-parameter-server");
}

/// Calls visit(spec) on as many ranks as W workers and S servers are.
template <class Visit>
void for_sizes(const Problem& problem, std::size_t batch,
               std::initializer_list<std::pair<std::size_t, std::size_t>> sizes, Visit visit) {
  for (const auto& size : sizes) {
    const std::size_t workers = size.first, shards = size.second;
    if (place_in_job().rank >= workers + shards) continue;
    RunSpec spec = spec_for(servers(), problem, workers, batch);
    spec.simulation.shards = shards;
    INFO(workers << " workers, " << shards << " servers");
    visit(spec);
  }
}

bool is_first() {
  return all_ranks().is_first();
}

/// Every protocol, and other parameters of some.
std::vector<std::string> server_protocols() {
  std::vector<std::string> texts{"ssp:0",          "k-sync:2",      "k-async:2",
                                 "k-batch-sync:5", "elastic:0.3,3", "ringmaster:1"};
  for (const auto& row : protocol_catalog()) texts.emplace_back(row.example);
  return texts;
}

}  // namespace

TEST_CASE("One worker and any number of servers are sequential SGD") {
  for (const auto& c : cases())
    for (const std::size_t batch : {1, 7})
      for_sizes(*c.problem, batch, {{1, 1}, {1, 3}}, [&](RunSpec spec) {
        INFO(c.name << ", batch " << batch);
        parse_schedule("cooldown:0.8", spec.step);
        REQUIRE(servers().why_not(spec, *c.problem) == "");
        const auto outcome = run(servers(), spec, *c.problem);
        if (!is_first()) return;
        const auto reference = run(backend("sequential"), spec, *c.problem);
        CHECK(outcome.updates == reference.updates);
        CHECK(outcome.stopped == Stopped::completed);
        CHECK(relative_difference(final_parameters(outcome), final_parameters(reference)) <
              kRounding);
        CHECK(outcome.workers[0].staleness.max() == 0);
      });
}

TEST_CASE("So they are under every rule that they take, and what they don't has its reason") {
  for (const auto* c : {&cases()[0], &cases()[5]})
    for (const auto& row : rule_catalog())
      for_sizes(*c->problem, 5, {{1, 1}, {1, 2}}, [&](RunSpec spec) {
        INFO(c->name << ", " << std::string(row.name));
        spec.rule = parse_rule(row.name, 0.5);
        spec.step.initial =
            automatic_step(spec.rule, 1, 1, [&](std::size_t) { return spec.step.initial; });
        if (row.estimate == Estimate::plain) spec.rule.average = 0.5;
        const bool takes =
            row.estimate == Estimate::plain ||
            (row.full_gradients == nullptr && spec.simulation.shards == 1 && c == &cases()[0]);
        REQUIRE((servers().why_not(spec, *c->problem) == "") == takes);
        if (!takes) return;
        const auto outcome = run(servers(), spec, *c->problem);
        if (!is_first()) return;
        const auto reference = run(backend("sequential"), spec, *c->problem);
        CHECK(relative_difference(final_parameters(outcome), final_parameters(reference)) <
              kRounding);
      });
}

TEST_CASE("Workers that wait for each other end where threads around a server do, every time") {
  for (const auto& c : cases())
    for (const char* protocol : {"bsp", "local:4"})
      for_sizes(*c.problem, 5, {{3, 1}, {3, 2}}, [&](RunSpec spec) {
        INFO(c.name << ", " << protocol);
        spec.protocol = protocol;
        spec.rule = parse_rule("momentum", 0.5);
        REQUIRE(servers().deterministic(spec));
        const auto outcome = run(servers(), spec, *c.problem),
                   again = run(servers(), spec, *c.problem);
        RunSpec other = spec;
        other.protocol = protocol == std::string("bsp") ? "k-sync:3" : protocol;
        const auto same = run(servers(), other, *c.problem);
        if (!is_first()) return;
        CHECK(final_parameters(outcome) == final_parameters(again));
        CHECK(final_parameters(outcome) == final_parameters(same));
        const auto reference = run(backend("parameter-server"), spec, *c.problem);
        CHECK(outcome.updates == reference.updates);
        CHECK(steps_of(outcome) == steps_of(reference));
        CHECK(relative_difference(final_parameters(outcome), final_parameters(reference)) <
              kRounding);
      });
}

TEST_CASE("Under every protocol all examples of an epoch land, and time and work are conserved") {
  for (const auto* c : {&cases()[0], &cases()[5]})
    for (const auto& protocol : server_protocols())
      for_sizes(*c->problem, 4, {{3, 1}, {3, 2}}, [&](RunSpec spec) {
        INFO(c->name << ", " << protocol);
        spec.protocol = protocol;
        spec.assign = c == &cases()[0] ? Assign::dynamic : Assign::round_robin;
        spec.timeline_slices = 50;
        REQUIRE(servers().why_not(spec, *c->problem) == "");
        const auto outcome = run(servers(), spec, *c->problem);
        if (!is_first()) return;
        CHECK(outcome.stopped == Stopped::completed);
        std::uint64_t applied = 0, updates = 0;
        for (const auto& worker : outcome.workers) {
          CHECK(worker.computed == worker.applied + worker.dropped);
          CHECK(worker.time.elapsed() == outcome.wall);
          applied += worker.applied;
          updates += worker.updates;
        }
        CHECK(applied == 2 * c->problem->examples());
        CHECK(updates == outcome.updates);
        CHECK(outcome.curve.back().examples == applied);
        CHECK(outcome.timeline.tracks.size() == 4);
        CHECK(outcome.version_spread.has_value() == (spec.simulation.shards > 1));
        const auto traits = make_protocol(protocol, 3)->traits();
        if (traits.whole_rounds || traits.cancels || traits.paced || traits.discards())
          CHECK(outcome.version_spread.value_or(0) == 0);
      });
}

TEST_CASE("Staleness is exact: a worker's sums to its last update less its updates and its start") {
  for (const auto* c : {&cases()[0], &cases()[5]})
    for_sizes(*c->problem, 4, {{3, 1}, {3, 2}}, [&](RunSpec spec) {
      INFO(c->name);
      spec.landings = true;
      const auto outcome = run(servers(), spec, *c->problem);
      if (!is_first()) return;
      std::uint64_t stale = 0;
      for (const auto& worker : outcome.workers) {
        if (worker.landings.empty()) continue;
        CHECK(worker.staleness.sum() ==
              worker.last_update - worker.updates - worker.landings.front().version);
        stale += worker.staleness.sum();
      }
      CHECK(stale > 0);
    });
}

TEST_CASE("What processes around servers land is what they say that they landed") {
  for (const auto* c : {&cases()[0], &cases()[5]})
    for (const char* protocol : {"async", "k-batch-async:2", "local:2", "elastic:0.3,3"})
      for (const char* policy : {"none", "dc:0.5"})
        for_sizes(*c->problem, 4, {{3, 1}, {2, 2}}, [&](RunSpec spec) {
          INFO(c->name << ", " << protocol << ", " << policy);
          spec.protocol = protocol;
          parse_staleness_policy(policy, spec.step);
          // Of parts of different versions the list tells no more than the first one's.
          if (spec.simulation.shards > 1 && spec.protocol != "local:2") return;
          if (!servers().why_not(spec, *c->problem).empty()) return;
          const auto verdict = verify_backend(servers(), spec, *c->problem);
          if (is_first()) CHECK(verdict.reason == "");
        });
}

TEST_CASE("Of sparse data, what travels is a small part of what all parameters would take") {
  const Case c = make_case("logreg", "rcv1-like:rows=400");
  for_sizes(*c.problem, 1, {{2, 1}, {2, 2}}, [&](const RunSpec& spec) {
    const auto outcome = run(servers(), spec, *c.problem);
    if (!is_first()) return;
    const Traffic& traffic = *outcome.traffic;
    const double dense = static_cast<double>(c.problem->parameters() * sizeof(Real));
    CHECK(traffic.pushes == outcome.updates);
    CHECK(traffic.pulls >= traffic.pushes);
    CHECK(traffic.pull_bytes + traffic.push_bytes <
          0.05 * dense * static_cast<double>(traffic.pulls + traffic.pushes));
    for (const auto& worker : outcome.workers) CHECK(worker.bytes_sent > 0);
  });
}

TEST_CASE("Gradients of a worker that is cancelled in its sleep are given to others at once") {
  const auto& problem = *cases()[0].problem;
  for_sizes(problem, 4, {{3, 1}, {3, 2}}, [&](RunSpec spec) {
    spec.protocol = "k-sync:2";
    spec.updates = 20;
    spec.conditions.compute_delay = Distribution::parse("constant:1ms");
    spec.conditions.straggler_text = "1:1000000";
    spec.conditions.stragglers = parse_stragglers(spec.conditions.straggler_text);
    const auto outcome = run(servers(), spec, problem);
    if (!is_first()) return;
    CHECK(outcome.updates == 20);
    CHECK(outcome.workers[1].applied == 0);
    CHECK(outcome.workers[1].dropped > 0);
  });
}

TEST_CASE("Rank 0 evaluates while all stand still, and ends the run where it says so") {
  for (const auto* c : {&cases()[0], &cases()[5]})
    for (const char* protocol : {"async", "bsp", "elastic:0.3,3"})
      for_sizes(*c->problem, 4, {{3, 1}, {2, 2}}, [&](RunSpec spec) {
        INFO(c->name << ", " << protocol);
        spec.protocol = protocol;
        spec.evaluations = 10;
        std::size_t seen = 0;
        const auto made = servers().make(spec, *c->problem);
        const auto outcome = made->run(spec, never(), [&](const Snapshot&) { return ++seen == 3; });
        CHECK(outcome.stopped == Stopped::target);
        CHECK(seen == (is_first() ? 3 : 0));
        const AtPoint fails = [](const Snapshot&) -> bool { throw std::runtime_error("no"); };
        CHECK_THROWS_AS(made->run(spec, never(), fails), SharedTrouble);
        CHECK(made->run(spec, never()).stopped == Stopped::completed);
        if (!is_first()) return;
        CHECK(outcome.paused);
        CHECK(outcome.curve.back().examples < 2 * c->problem->examples());
        for (const auto& worker : outcome.workers) {
          CHECK(worker.computed == worker.applied + worker.dropped);
          CHECK(worker.time.elapsed() == outcome.wall);
        }
      });
}

TEST_CASE("An interrupt of any rank, a time limit and a failing gradient end the run on all") {
  const auto& problem = *cases()[0].problem;
  for_sizes(problem, 4, {{2, 1}, {2, 2}}, [&](RunSpec spec) {
    const std::size_t ranks = 2 + spec.simulation.shards, last = ranks - 1;
    spec.conditions.compute_delay = Distribution::parse("constant:1ms");
    const auto made = servers().make(spec, problem);
    for (const std::size_t rank : {std::size_t{0}, last}) {
      const std::atomic<bool> interrupted{all_ranks().rank() == rank};
      CHECK(made->run(spec, interrupted).stopped == Stopped::interrupted);
    }
    RunSpec limited = spec;
    limited.max_seconds = 0.01;
    const auto outcome = made->run(limited, never());
    if (is_first()) CHECK(outcome.stopped == Stopped::time_limit);

    int left = 0;
    const FailingProblem failing(problem, left);
    const auto fails = servers().make(spec, failing);
    const auto said = all_ranks().name_of(last) + ": the fuse has burnt";
    for (const int at : {1, 5}) {
      left = all_ranks().rank() == last ? at : 0;
      CHECK_THROWS_WITH_AS(fails->run(spec, never()), said.c_str(), SharedTrouble);
    }
    left = 0;
    CHECK(fails->run(spec, never()).stopped == Stopped::completed);
  });
}

TEST_CASE("Too few processes for workers and servers are told how many it takes") {
  const auto& problem = *cases()[0].problem;
  const auto ranks = place_in_job().ranks;
  RunSpec spec = spec_for(servers(), problem, ranks, 4);
  CHECK(servers().why_not(spec, problem).find("mpirun -n " + std::to_string(ranks + 1)) !=
        std::string::npos);
  spec.simulation.shards = 2;
  CHECK(servers().why_not(spec, problem).find(std::to_string(ranks) + " workers and 2 servers") !=
        std::string::npos);
}

}  // namespace sgdbench::testing
