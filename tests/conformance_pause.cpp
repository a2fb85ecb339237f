// Evaluating in a pause: everybody stands still, the clock too, and nothing else is different.

#include <thread>

#include "backends/protocols/protocol.h"
#include "backends/waiting.h"
#include "tests/conformance.h"

namespace sgdbench::testing {
namespace {

RunOutcome run_pausing(const BackendEntry& entry, const RunSpec& spec, const Problem& problem,
                       const AtPoint& at_point) {
  return entry.make(spec, problem)->run(spec, never(), at_point);
}

}  // namespace

TEST_CASE("While one worker holds the pause, no other one works") {
  constexpr std::size_t kWorkers = 4;
  Pause pause(kWorkers);
  std::vector<std::uint64_t> work(kWorkers);  // plain: a race is seen by the sanitizer
  std::uint64_t held = 0;
  std::atomic<std::size_t> started{0};
  const auto total = [&] { return work[0] + work[1] + work[2] + work[3]; };
  std::vector<std::thread> threads;
  for (std::size_t me = 0; me < kWorkers; ++me)
    threads.emplace_back([&, me] {
      for (++started; started < kWorkers;) std::this_thread::yield();
      for (int i = 0; i < 400; ++i) {
        pause.rest(me);
        std::this_thread::yield();  // a block of work has been taken and isn't done yet
        ++work[me];
        if (i % 50 != 7) continue;
        pause.hold(me, [&](Nanoseconds) {
          const auto before = total();
          for (int k = 0; k < 100; ++k) std::this_thread::yield();
          CHECK(total() == before);
          ++held;
        });
      }
      pause.idle(me);
    });
  for (auto& thread : threads) thread.join();
  CHECK(held == kWorkers * 8);
  CHECK(total() == kWorkers * 400);
}

TEST_CASE("The clock does not go back when a pause is over") {
  Pause pause(1);
  Nanoseconds latest = 0;
  std::uint64_t backwards = 0;
  for (int i = 0; i < 10'000; ++i) {
    pause.hold(0, [&](Nanoseconds time) { latest = time; });
    backwards += pause.clock() < latest;
  }
  CHECK(backwards == 0);
}

TEST_CASE("Pausing at every point changes no number of a run whose order is fixed") {
  for_every_backend(2, 4, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    if (!entry.deterministic(spec)) return;
    spec.evaluations = 5;
    const auto plain = run(entry, spec, *c.problem);
    std::vector<AlignedVector<Real>> seen;
    const auto paused = run_pausing(entry, spec, *c.problem, [&](const Snapshot& snapshot) {
      seen.push_back(snapshot.parameters);
      return false;
    });
    CHECK(paused.stopped == Stopped::completed);
    CHECK(final_parameters(paused) == final_parameters(plain));
    REQUIRE(paused.curve.size() == plain.curve.size());
    REQUIRE(seen.size() == 4);
    for (std::size_t point = 1; point < 5; ++point) {
      CHECK(paused.curve[point].examples == plain.curve[point].examples);
      CHECK(paused.curve[point].parameters.capacity() == 0);  // not only empty
      CHECK(seen[point - 1] == plain.curve[point].parameters);
    }
  });
}

TEST_CASE("A run whose workers pause ends where the evaluation says, in every backend") {
  for (const std::size_t workers : {1, 3})
    for_every_backend(workers, 4, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
      spec.evaluations = 8;
      int calls = 0;
      const auto outcome =
          run_pausing(entry, spec, *c.problem, [&](const Snapshot&) { return ++calls == 2; });
      CHECK(outcome.stopped == Stopped::target);
      CHECK(calls == 2);
      CHECK(outcome.updates < run(entry, spec, *c.problem).updates);
      CHECK(outcome.curve.size() == 4);  // the start, two points, and the end
    });
}

TEST_CASE("A pause under every protocol lets go again, and phases still sum to the wall time") {
  const auto& c = cases().front();
  for (const auto* protocol :
       {"bsp", "ssp:0", "ssp:2", "async", "k-sync:2", "k-batch-sync:3", "k-async:2",
        "k-batch-async:3", "local:3", "elastic:0.1,2", "ringmaster:2"}) {
    RunSpec spec = spec_for(backend("parameter-server"), *c.problem, 4, 2);
    spec.protocol = protocol;
    spec.evaluations = 20;
    std::uint64_t last = 0;
    const auto outcome =
        run_pausing(backend("parameter-server"), spec, *c.problem, [&](const Snapshot& snapshot) {
          CHECK(snapshot.updates > last);
          last = snapshot.updates;
          return false;
        });
    CHECK(outcome.stopped == Stopped::completed);
    for (const auto& worker : outcome.workers) CHECK(worker.time.elapsed() == outcome.wall);
  }
}

TEST_CASE("What a pause lasts is not in the time of anything") {
  // With a clock that only stands still for ever longer, time would run back if it were counted.
  for_every_backend(2, 4, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    if (entry.virtual_clock) return;  // its time has nothing to do with this one
    spec.evaluations = 3;
    Nanoseconds paused = 0;
    const Nanoseconds start = now();
    const auto outcome = run_pausing(entry, spec, *c.problem, [&](const Snapshot&) {
      const Nanoseconds begun = now();
      while (now() - begun < 2'000'000) std::this_thread::yield();
      paused += now() - begun;
      return false;
    });
    CHECK(outcome.wall <= now() - start - paused);
  });
}

}  // namespace sgdbench::testing
