// What every simulated run must conserve: gradients and time, however it ends.
#include "backends/protocols/protocol.h"
#include "tests/theory/outcomes.h"
#include "tests/theory/simulated.h"

using namespace sgdbench;
using namespace sgdbench::theory;

namespace {

enum class End { of_epochs, of_updates, of_time };

RunSpec spec_of(const char* protocol, End end, Assign assign) {
  RunSpec spec;
  spec.backend = "simulator";
  spec.protocol = protocol;
  spec.workers = 5;
  spec.batch = 3;
  spec.assign = assign;
  spec.evaluations = 9;
  spec.timeline_slices = 3000;
  make_everything_cost(spec);
  spec.step.initial = 1e-3;
  spec.epochs = end == End::of_epochs ? 2 : 1000;
  if (end == End::of_updates) spec.updates = 61;
  if (end == End::of_time) spec.max_seconds = 0.0453;
  return spec;
}

/// Of the workers together.
struct Sums {
  std::uint64_t computed = 0, applied = 0, dropped = 0, updates = 0, last = 0;
};

Sums check_workers(const RunOutcome& outcome) {
  Sums s;
  for (const auto& worker : outcome.workers) {
    CHECK(worker.applied + worker.dropped == worker.computed);
    CHECK(worker.time.elapsed() == outcome.wall);
    for (const auto phase : kAllPhases) CHECK(worker.time.spent(phase) >= 0);
    s.computed += worker.computed;
    s.applied += worker.applied;
    s.dropped += worker.dropped;
    s.updates += worker.updates;
    s.last = std::max(s.last, worker.last_update);
  }
  CHECK(s.updates == outcome.updates);
  CHECK(s.last == outcome.updates);
  return s;
}

/// Every slice begins where time has come to, and a worker's are its phases.
void check_timeline(const RunOutcome& outcome) {
  for (std::size_t k = 0; k < outcome.timeline.tracks.size(); ++k) {
    const auto& track = outcome.timeline.tracks[k];
    REQUIRE(track.forgotten() == 0);
    Nanoseconds until = 0, sums[kPhases] = {};
    for (const auto& slice : track.slices()) {
      CHECK(slice.begin >= until);
      CHECK(slice.end >= slice.begin);
      until = slice.end;
      sums[static_cast<std::size_t>(phase_of(slice.activity))] += slice.end - slice.begin;
    }
    CHECK(until <= outcome.wall);
    if (k == outcome.workers.size()) return;
    for (const auto phase : kAllPhases)
      CHECK(sums[static_cast<std::size_t>(phase)] == outcome.workers[k].time.spent(phase));
  }
}

/// The server's track has every update once, in order.
void check_server(const RunOutcome& outcome) {
  std::uint64_t update = 0;
  for (const auto& slice : outcome.timeline.tracks.back().slices()) CHECK(slice.update == ++update);
  CHECK(update == outcome.updates);
}

void check_curve(const RunOutcome& outcome, std::uint64_t applied) {
  for (std::size_t k = 1; k < outcome.curve.size(); ++k) {
    CHECK(outcome.curve[k].time >= outcome.curve[k - 1].time);
    CHECK(outcome.curve[k].updates >= outcome.curve[k - 1].updates);
    CHECK(outcome.curve[k].examples >= outcome.curve[k - 1].examples);
  }
  CHECK(outcome.curve.back().time == outcome.wall);
  CHECK(outcome.curve.back().updates == outcome.updates);
  CHECK(outcome.curve.back().examples == applied);
}

/// Pieces of work that a worker's timeline has seen it compute, whole or in part.
std::uint64_t begun(const RunOutcome& outcome, std::size_t worker) {
  std::uint64_t count = 0;
  for (const auto& slice : outcome.timeline.tracks[worker].slices())
    count += slice.activity == Activity::compute;
  return count;
}

template <class Visit>
void for_every_run(const Problem& problem, Visit visit) {
  for (const auto end : {End::of_epochs, End::of_updates, End::of_time}) {
    if (end == End::of_epochs && problem.parameters() == 0) continue;  // its epochs have no end
    for (const auto assign : {Assign::dynamic, Assign::round_robin})
      for (const char* protocol : kProtocols) {
        INFO(std::string(protocol) << ", end " << static_cast<int>(end));
        const auto spec = spec_of(protocol, end, assign);
        const auto& simulator = testing::backend("simulator");
        REQUIRE(simulator.why_not(spec, problem) == "");
        const auto outcome = testing::run(simulator, spec, problem);
        CHECK(outcome.stopped == (end == End::of_time ? Stopped::time_limit : Stopped::completed));
        visit(spec, outcome);
      }
  }
}

}  // namespace

TEST_CASE("However a simulated run ends, its gradients and its time are all accounted for") {
  const auto nothing = make_nothing(250);
  for (const Problem* problem :
       {testing::cases()[0].problem.get(), testing::cases()[5].problem.get(), &*nothing})
    for_every_run(*problem, [&](const RunSpec& spec, const RunOutcome& outcome) {
      const Sums s = check_workers(outcome);
      check_timeline(outcome);
      check_server(outcome);
      check_curve(outcome, s.applied);
      if (outcome.stopped != Stopped::time_limit) return;
      // The turn of a push that came before the limit may end behind it.
      const auto limit = static_cast<Nanoseconds>(spec.max_seconds * 1e9);
      CHECK(outcome.wall >= limit);
      CHECK(outcome.wall <= limit + 2'000'000);
    });
}

TEST_CASE("Of gradients of one size, updates have as many as the protocol says") {
  const auto nothing = make_nothing(250);
  for_every_run(*nothing, [](const RunSpec& spec, const RunOutcome& outcome) {
    const auto traits = make_protocol(spec.protocol, spec.workers)->traits();
    const std::uint64_t size = spec.batch * traits.steps;
    std::uint64_t applied = 0, counted = 0;
    for (std::size_t w = 0; w < outcome.workers.size(); ++w) {
      const auto& worker = outcome.workers[w];
      applied += worker.applied;
      counted += worker.staleness.count();
      CHECK(worker.computed % size == 0);
      CHECK(worker.local_steps.has_value() == (traits.exchange != Exchange::gradient));
      if (worker.local_steps) CHECK(*worker.local_steps * spec.batch == worker.computed);
      CHECK(begun(outcome, w) == worker.computed / size);
    }
    CHECK(counted * spec.batch == applied);
    // Where shares are dealt in turn, the last updates are of the workers that have some left.
    if (spec.assign == Assign::dynamic || outcome.stopped == Stopped::time_limit)
      CHECK(applied == outcome.updates * traits.arrivals * size);
    else
      CHECK(applied == spec.updates * traits.arrivals * size);
  });
}
