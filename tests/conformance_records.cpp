// What every backend must report of itself, whatever it does inside.

#include <numeric>

#include "backends/run.h"
#include "tests/conformance.h"

namespace sgdbench::testing {
namespace {

template <class Get>
std::uint64_t sum_over_workers(const RunOutcome& outcome, Get get) {
  return std::accumulate(outcome.workers.begin(), outcome.workers.end(), std::uint64_t{0},
                         [&](std::uint64_t sum, const auto& worker) { return sum + get(worker); });
}

void check_conservation(const RunOutcome& outcome, std::uint64_t planned) {
  const auto applied = sum_over_workers(outcome, [](const auto& w) { return w.applied; });
  const auto computed = sum_over_workers(outcome, [](const auto& w) { return w.computed; });
  const auto dropped = sum_over_workers(outcome, [](const auto& w) { return w.dropped; });
  CHECK(computed == planned);
  CHECK(applied + dropped == computed);
  CHECK(outcome.curve.back().examples == applied);
  CHECK(outcome.curve.back().updates == outcome.updates);
  CHECK(sum_over_workers(outcome, [](const auto& w) { return w.updates; }) == outcome.updates);
}

}  // namespace

TEST_CASE("An epoch is n example gradients for every backend, and all of them are accounted for") {
  for (const std::size_t workers : {1, 3}) {
    for (const std::size_t batch : {1, 4}) {
      for_every_backend(
          workers, batch, [](const BackendEntry& entry, const RunSpec& spec, const Case& c) {
            check_conservation(run(entry, spec, *c.problem), 2 * c.problem->examples());
          });
    }
  }
}

TEST_CASE("Work that is dealt out in turn is all done, and each worker keeps to its share") {
  for_every_backend(3, 4, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    spec.assign = Assign::round_robin;
    const auto outcome = run(entry, spec, *c.problem);
    check_conservation(outcome, 2 * c.problem->examples());
    for (const auto& worker : outcome.workers) CHECK(worker.computed > 0);
  });
}

TEST_CASE("Every worker's phases sum to the wall time, to the nanosecond") {
  for_every_backend(3, 4, [](const BackendEntry& entry, const RunSpec& spec, const Case& c) {
    const auto outcome = run(entry, spec, *c.problem);
    CHECK(outcome.workers.size() >= 1);
    CHECK(outcome.wall > 0);
    for (const auto& worker : outcome.workers) {
      CHECK(worker.time.elapsed() == outcome.wall);
      for (const auto phase : kAllPhases) CHECK(worker.time.spent(phase) >= 0);
    }
  });
}

TEST_CASE("Mean staleness is P − 1 less the ends of the run, to the last digit, on real threads") {
  // ∑τ = ∑ᵢ nᵢ − N, nᵢ the index of worker i's last update: each reads at version 0 and then right
  // after its own update.
  for (const auto& c : cases()) {
    for (const char* name : {"locked", "parameter-server"}) {
      for (const std::size_t workers : {1, 2, 5}) {
        INFO(name << ", " << c.name << ", workers " << workers);
        RunSpec spec = spec_for(backend(name), *c.problem, workers, 1);
        const auto outcome = run(backend(name), spec, *c.problem);
        const auto staleness =
            sum_over_workers(outcome, [](const auto& w) { return w.staleness.sum(); });
        const auto last = sum_over_workers(outcome, [](const auto& w) { return w.last_update; });
        CHECK(staleness + outcome.updates == last);
      }
    }
  }
}

TEST_CASE("The loss curve has the asked number of points, in order, from the start to the end") {
  for_every_backend(2, 4, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    spec.evaluations = 5;
    const auto outcome = run(entry, spec, *c.problem);
    CHECK(outcome.curve.size() == 6);
    CHECK(outcome.curve.front().updates == 0);
    CHECK(outcome.curve.front().time == 0);
    CHECK(outcome.curve.back().time == outcome.wall);
    for (std::size_t i = 1; i < outcome.curve.size(); ++i)
      CHECK(outcome.curve[i - 1].time <= outcome.curve[i].time);
  });
}

TEST_CASE("Recording changes nothing but what is recorded") {
  for_every_backend(1, 4, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    spec.evaluations = 5;
    const auto recorded = run(entry, spec, *c.problem);
    spec.recording = false;
    const auto bare = run(entry, spec, *c.problem);
    CHECK(bare.updates == recorded.updates);
    CHECK(final_parameters(bare) == final_parameters(recorded));
    CHECK(bare.wall > 0);
    CHECK(bare.curve.size() == 2);
    CHECK(bare.staleness_mode.empty());
    CHECK(!bare.lost_updates.has_value());
    for (const auto& worker : bare.workers) CHECK(worker.time.spent(Phase::observe) == 0);
  });
}

TEST_CASE("A backend that was not built stays in the list, and says why") {
  for (const auto& entry : backend_catalog()) {
    INFO(std::string(entry.name));
    CHECK_FALSE(entry.summary.empty());
    const auto why = entry.unavailable();
    CHECK((why.empty() || why.find("built without") != std::string::npos));
    const bool needs_library = entry.own_kernels == "onednn" || entry.processes != nullptr;
    if (!needs_library) CHECK(why.empty());
  }
  CHECK(backend("onednn").own_kernels == "onednn");
}

TEST_CASE("A limit on updates is met exactly") {
  for_every_backend(3, 4, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    spec.updates = 7;
    CHECK(run(entry, spec, *c.problem).updates == 7);
  });
}

TEST_CASE("An interrupt ends every backend early and says so") {
  for_every_backend(3, 4, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    spec.epochs = 100000;
    spec.evaluations = 2;
    const std::atomic<bool> now{true};
    const auto outcome = entry.make(spec, *c.problem)->run(spec, now);
    CHECK(outcome.stopped == Stopped::interrupted);
    CHECK(outcome.updates < 100);
  });
}

TEST_CASE("A contact that waited stands for none of those that were not timed") {
  const auto pass = [](Nanoseconds time) {
    for (const auto until = now() + time; now() < until;) {
    }
  };
  for (const bool waits : {true, false}) {
    WorkerContext context;
    context.report.time.start(now());
    context.begin_contact(false, true, Activity::push, 1);
    context.end_contact(1);
    pass(50'000);
    context.begin_contact(!waits, true, Activity::push, 2);
    if (waits) {
      context.interrupt_contact();
      context.enter(Phase::wait);
      context.begin_contact(true, true, Activity::pull, 0);
    }
    pass(1000);
    context.end_contact(2);
    context.enter(Phase::wait);
    const Nanoseconds computing = context.report.time.spent(Phase::compute);
    context.finish();
    CHECK((context.report.time.spent(Phase::compute) == computing) == waits);
  }
}

TEST_CASE("A time limit ends every backend and says so") {
  for_every_backend(3, 4, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    spec.epochs = 1000000;
    spec.evaluations = 2;
    spec.max_seconds = 1e-3;
    CHECK(run(entry, spec, *c.problem).stopped == Stopped::time_limit);
  });
}

TEST_CASE("A run whose parameters overflow stops and says so") {
  const Case c = make_case("least-squares", "quadratic:rows=64,features=10");
  for (const auto& entry : backend_catalog()) {
    RunSpec spec = spec_for(entry, *c.problem, 1, 4, 1000);
    spec.step.initial = 1e6;
    if (!entry.unavailable().empty() || !entry.why_not(spec, *c.problem).empty()) continue;
    INFO(std::string(entry.name));
    const auto outcome = run(entry, spec, *c.problem);
    CHECK(outcome.stopped == Stopped::not_finite);
    CHECK(outcome.updates < 1000 * 16);
  }
}

}  // namespace sgdbench::testing
