// mpi-allreduce against the strategies that it must equal. Every rank runs every case.

#include "results/text.h"
#include "tests/mpi_fixture.h"

namespace sgdbench::testing {
namespace {

const BackendEntry& entry() {
  return backend("mpi-allreduce");
}

void check_same_everywhere(const Communicator& ranks, const AlignedVector<Real>& w) {
  const auto all = ranks.gather(
      hex_text(text_number({reinterpret_cast<const char*>(w.data()), w.size() * sizeof(Real)})));
  for (const auto& one : all) CHECK(one == all[0]);
}

}  // namespace

TEST_CASE("P ranks end where openmp-sync with P workers does, all of them with the same bits") {
  for_ranks(
      [](const Communicator& ranks) {
        for (const auto& c : cases()) {
          INFO(c.name);
          for (const std::size_t batch : {1, 7}) {
            const RunSpec spec = spec_for(entry(), *c.problem, ranks.size(), batch);
            REQUIRE(entry().why_not(spec, *c.problem) == "");
            const auto reference = run(backend("openmp-sync"), spec, *c.problem);
            const auto outcome = run(entry(), spec, *c.problem);
            CHECK(outcome.updates == reference.updates);
            CHECK(outcome.stopped == Stopped::completed);
            CHECK(outcome.curve.back().examples == reference.curve.back().examples);
            CHECK(relative_difference(final_parameters(outcome), final_parameters(reference)) <
                  kRounding);
            check_same_everywhere(ranks, final_parameters(outcome));
            for (const auto& worker : outcome.workers) CHECK(worker.staleness.max() == 0);
          }
        }
      },
      {2, 3, 4});
}

TEST_CASE("So they do under every rule, sparse or summed, with a step that falls") {
  for_ranks([](const Communicator& ranks) {
    for (const auto& row : rule_catalog()) {
      INFO(std::string(row.name));
      for (const auto* c : {&cases()[0], &cases()[5]}) {
        RunSpec spec = spec_for(entry(), *c->problem, ranks.size(), 5);
        spec.rule = parse_rule(row.name, 0.5);
        const bool travels = row.estimate == Estimate::plain;
        if (c == &cases()[0] || travels)
          CHECK((entry().why_not(spec, *c->problem) == "") == travels);
        if (!travels) continue;
        spec.step.initial =
            automatic_step(spec.rule, 1, 1, [&](std::size_t) { return spec.step.initial; });
        parse_schedule("cooldown:0.8", spec.step);
        spec.rule.average = 0.5;
        const auto reference = run(backend("openmp-sync"), spec, *c->problem);
        const auto outcome = run(entry(), spec, *c->problem);
        CHECK(relative_difference(final_parameters(outcome), final_parameters(reference)) <
              kRounding);
      }
    }
  });
}

TEST_CASE("What calls itself deterministic gives the same bits again, by each all-reduce") {
  for_ranks([](const Communicator& ranks) {
    for (const auto& c : cases())
      for (const auto& row : kAllReduceNames) {
        RunSpec spec = spec_for(entry(), *c.problem, ranks.size(), 4);
        spec.simulation.all_reduce = row.how;
        if (!entry().why_not(spec, *c.problem).empty()) continue;
        INFO(c.name << " by " << std::string(row.name));
        CHECK(entry().deterministic(spec) == (row.how != AllReduce::library));
        const auto first = run(entry(), spec, *c.problem), again = run(entry(), spec, *c.problem);
        if (entry().deterministic(spec)) CHECK(final_parameters(first) == final_parameters(again));
        const auto reference = run(backend("openmp-sync"), spec, *c.problem);
        CHECK(relative_difference(final_parameters(first), final_parameters(reference)) <
              kRounding);
      }
  });
}

TEST_CASE("Each rank's time falls into phases whose sum is the run's, and its work is conserved") {
  for_ranks([](const Communicator& ranks) {
    const auto& problem = *cases()[5].problem;
    for (const bool delayed : {false, true}) {
      RunSpec spec = spec_for(entry(), problem, ranks.size(), 16);
      if (delayed) spec.conditions.compute_delay = Distribution::parse("constant:100us");
      spec.timeline_slices = 50;
      const auto outcome = run(entry(), spec, problem);
      REQUIRE(outcome.workers.size() == ranks.size());
      REQUIRE(outcome.timeline.tracks.size() == ranks.size());
      std::uint64_t applied = 0, updates = 0;
      for (const auto& worker : outcome.workers) {
        CHECK(worker.time.elapsed() == outcome.wall);
        CHECK(worker.time.spent(Phase::compute) > 0);
        CHECK(worker.time.spent(Phase::communicate) > 0);
        CHECK(worker.computed == worker.applied + worker.dropped);
        CHECK(worker.dropped == 0);
        CHECK(worker.staleness.count() == outcome.updates);
        applied += worker.applied, updates += worker.updates;
      }
      CHECK(applied == 2 * problem.examples());
      CHECK(updates == outcome.updates);
      for (const auto& track : outcome.timeline.tracks) CHECK(track.size() > 0);
    }
  });
}

TEST_CASE("Rank 0 alone evaluates and decides, and all stand still meanwhile") {
  for_ranks([](const Communicator& ranks) {
    const auto& problem = *cases()[0].problem;
    RunSpec spec = spec_for(entry(), problem, ranks.size(), 4);
    spec.evaluations = 10;
    std::size_t seen = 0;
    const auto made = entry().make(spec, problem);
    const auto outcome = made->run(spec, never(), [&](const Snapshot&) { return ++seen == 3; });
    CHECK(seen == (ranks.is_first() ? 3 : 0));
    CHECK(outcome.stopped == Stopped::target);
    CHECK(outcome.paused);
    CHECK(outcome.curve.back().examples < problem.examples());
    for (const auto& worker : outcome.workers) CHECK(worker.time.elapsed() == outcome.wall);
    const AtPoint fails = [](const Snapshot&) -> bool { throw std::runtime_error("no"); };
    CHECK_THROWS_AS(made->run(spec, never(), fails), SharedTrouble);
    CHECK(made->run(spec, never()).stopped == Stopped::completed);
  });
}

TEST_CASE("An interrupt of one rank ends the run on all, and only whole rounds land") {
  for_ranks([](const Communicator& ranks) {
    const auto& problem = *cases()[0].problem;
    RunSpec spec = spec_for(entry(), problem, ranks.size(), 4);
    for (const bool delayed : {false, true}) {
      if (delayed) spec.conditions.compute_delay = Distribution::parse("constant:1ms");
      for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
        const std::atomic<bool> interrupted{ranks.rank() == rank};
        const auto outcome = entry().make(spec, problem)->run(spec, interrupted);
        CHECK(outcome.stopped == Stopped::interrupted);
        CHECK(outcome.updates == (delayed ? 0 : 1));
        for (const auto& worker : outcome.workers)
          CHECK(worker.computed == worker.applied + worker.dropped);
      }
    }
    spec.max_seconds = 1e-9;
    const auto outcome = run(entry(), spec, problem);
    CHECK(outcome.stopped == Stopped::time_limit);
  });
}

TEST_CASE("A gradient that fails on one rank ends the run on all, which can run again") {
  for_ranks([](const Communicator& ranks) {
    for (const auto* c : {&cases()[0], &cases()[5]}) {
      const std::size_t last = ranks.size() - 1;
      int left = 0;
      const FailingProblem failing(*c->problem, left);
      const RunSpec spec = spec_for(entry(), failing, ranks.size(), 4);
      const auto made = entry().make(spec, failing);
      const auto said = ranks.name_of(last) + ": the fuse has burnt";
      for (const int at : {1, 5}) {
        left = ranks.rank() == last ? at : 0;
        CHECK_THROWS_WITH_AS(made->run(spec, never()), said.c_str(), SharedTrouble);
      }
      left = 0;
      CHECK(made->run(spec, never()).stopped == Stopped::completed);
      left = ranks.rank() == last ? 1 : 0;
      CHECK_THROWS_WITH_AS(entry().make(spec, failing), said.c_str(), SharedTrouble);
    }
  });
}

TEST_CASE("More workers than ranks are refused, with what starts them") {
  const auto& problem = *cases()[0].problem;
  const auto ranks = place_in_job().ranks;
  const auto why = entry().why_not(spec_for(entry(), problem, ranks + 1, 4), problem);
  CHECK(why.find("mpirun -n " + std::to_string(ranks + 1)) != std::string::npos);
  RunSpec spec = spec_for(entry(), problem, 1, 4);
  CHECK(entry().why_not(spec, problem).empty());
  spec.simulation.all_reduce = AllReduce::server;
  CHECK(!entry().why_not(spec, problem).empty());
}

TEST_CASE("One rank is the sequential strategy, bit for bit") {
  const auto& problem = *cases()[0].problem;
  const RunSpec spec = spec_for(entry(), problem, 1, 4);
  CHECK(final_parameters(run(entry(), spec, problem)) ==
        final_parameters(run(backend("sequential"), spec, problem)));
}

}  // namespace sgdbench::testing
