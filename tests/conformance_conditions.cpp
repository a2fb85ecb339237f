// Delays that are injected: what they must do to every backend that obeys them. A machine may
// always be slower than it should, so times are only held against their lower bounds.

#include <thread>

#include "backends/conditions/injector.h"
#include "tests/conformance.h"

namespace sgdbench::testing {
namespace {

Conditions delays(std::string_view distribution, std::string_view stragglers = "") {
  Conditions conditions;
  conditions.compute_delay = Distribution::parse(distribution);
  if (!stragglers.empty()) conditions.stragglers = parse_stragglers(stragglers);
  return conditions;
}

Conditions messages(std::string_view latency) {
  Conditions conditions;
  conditions.latency = Distribution::parse(latency);
  return conditions;
}

/// Every backend that delays gradients, on one sparse and one dense problem.
template <class Visit>
void for_every_delayed(std::size_t workers, Visit visit) {
  for_every_backend(workers, 4, [&](const BackendEntry& entry, RunSpec spec, const Case& c) {
    if (!entry.delays_compute || (&c != &cases()[0] && &c != &cases()[2])) return;
    spec.epochs = 10;
    spec.updates = 25;
    visit(entry, spec, c);
  });
}

void check_conservation(const RunOutcome& outcome) {
  for (const auto& worker : outcome.workers) {
    CHECK(worker.computed == worker.applied + worker.dropped);
    CHECK(worker.time.elapsed() == outcome.wall);
  }
}

/// Gradients that a worker made: the steps of its replica, or its updates; in rounds, whose updates
/// are one worker's, one a round.
std::uint64_t gradients_of(const RunOutcome& outcome, const WorkerReport& worker) {
  if (worker.local_steps) return *worker.local_steps;
  return worker.updates == 0 && worker.computed > 0 ? outcome.updates : worker.updates;
}

Nanoseconds in_nanoseconds(Seconds s) {
  return static_cast<Nanoseconds>(s * 1e9);
}

}  // namespace

TEST_CASE("A worker computes for at least as long as its gradients are delayed") {
  for (const auto mode : {DelayMode::sleep, DelayMode::spin})
    for (const std::size_t workers : {1, 3})
      for_every_delayed(workers, [&](const BackendEntry& entry, RunSpec spec, const Case& c) {
        spec.conditions = delays("uniform:100us,300us", "0:2");
        spec.conditions.mode = mode;
        const auto outcome = run(entry, spec, *c.problem);
        CHECK(outcome.updates == 25);
        check_conservation(outcome);
        for (std::size_t w = 0; w < outcome.workers.size(); ++w) {
          Seconds sum = 0;
          for (std::uint64_t k = 0; k < gradients_of(outcome, outcome.workers[w]); ++k)
            sum += compute_time(spec.conditions, spec.seed, w, k, 0);
          CHECK(outcome.workers[w].time.spent(Phase::compute) >= in_nanoseconds(sum) - 1000);
        }
      });
}

TEST_CASE("A worker communicates for at least as long as its messages are delayed") {
  for (const std::size_t workers : {1, 3})
    for_every_delayed(workers, [&](const BackendEntry& entry, RunSpec spec, const Case& c) {
      if (!entry.delays_messages) return;
      spec.exchange = 4;  // one update an exchange
      spec.conditions = messages("constant:100us");
      const auto outcome = run(entry, spec, *c.problem);
      CHECK(outcome.updates == 25);
      check_conservation(outcome);
      for (const auto& worker : outcome.workers) {
        const auto sent = static_cast<Nanoseconds>(gradients_of(outcome, worker));
        CHECK(worker.time.spent(Phase::communicate) >= sent * 200'000 - 1000);
      }
    });
}

TEST_CASE("Delays change no number of a run whose order is fixed") {
  for (const std::size_t workers : {1, 3})
    for_every_delayed(workers, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
      // Under a virtual clock, delays are what the order follows from.
      if (!entry.deterministic(spec) || entry.virtual_clock) return;
      const auto plain = run(entry, spec, *c.problem);
      spec.conditions = delays("exp:50us");
      if (entry.delays_messages) spec.conditions.latency = Distribution::parse("exp:20us");
      const auto delayed = run(entry, spec, *c.problem);
      CHECK(delayed.updates == plain.updates);
      CHECK(relative_difference(final_parameters(delayed), final_parameters(plain)) < 1e-5);
    });
}

// Clang's OpenMP keeps what it allocated for teams of sixteen, which the leak checker then finds:
// in the suite that sanitizers leave out.
TEST_CASE("Sixteen workers that sleep finish, however few cores there are" *
          doctest::test_suite("long")) {
  for_every_delayed(16, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    spec.conditions = delays("exp:200us", "0:4+random:0.1:3");
    spec.conditions.latency = Distribution::parse("exp:50us");
    const auto outcome = run(entry, spec, *c.problem);
    CHECK(outcome.updates == spec.updates);
    check_conservation(outcome);
    CHECK(outcome.stopped == Stopped::completed);
  });
}

TEST_CASE("A run whose workers sleep for long is ended by an interrupt and by its time limit") {
  for (const auto mode : {DelayMode::sleep, DelayMode::spin})
    for_every_delayed(3, [&](const BackendEntry& entry, RunSpec spec, const Case& c) {
      if (entry.virtual_clock) return;               // nobody sleeps
      spec.conditions = delays("constant:100000s");  // whoever sleeps on is found by the timeout
      spec.conditions.mode = mode;
      std::atomic<bool> interrupt{false};
      std::thread signal([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        interrupt = true;
      });
      const auto outcome = entry.make(spec, *c.problem)->run(spec, interrupt);
      signal.join();
      CHECK(outcome.stopped == Stopped::interrupted);
      check_conservation(outcome);
      spec.max_seconds = 0.005;
      CHECK(run(entry, spec, *c.problem).stopped == Stopped::time_limit);
    });
}

TEST_CASE(
    "A gradient whose time the end of the run cuts short does not land, and counts as dropped") {
  for (const std::size_t workers : {1, 3})
    for_every_delayed(workers, [&](const BackendEntry& entry, RunSpec spec, const Case& c) {
      spec.simulation.compute_time = {};
      spec.conditions = delays("constant:100000s");
      spec.max_seconds = 0.005;
      const auto outcome = run(entry, spec, *c.problem);
      CHECK(outcome.stopped == Stopped::time_limit);
      CHECK(outcome.updates == 0);
      CHECK(final_parameters(outcome) == outcome.curve.front().parameters);
      for (const auto& worker : outcome.workers) {
        CHECK(worker.applied == 0);
        if (entry.virtual_clock) CHECK(worker.computed > 0);  // a thread may come too late
        CHECK(worker.dropped == worker.computed);
        CHECK(worker.staleness.count() == 0);
      }
    });
}

TEST_CASE(
    "What has not been pulled when the run ends is not begun, and what is not pushed lands not") {
  for (const char* latency : {"constant:100000s", "constant:20ms"})
    for_every_delayed(3, [&](const BackendEntry& entry, RunSpec spec, const Case& c) {
      if (!entry.delays_messages) return;
      CAPTURE(latency);
      spec.simulation.compute_time = {};
      spec.conditions = messages(latency);
      spec.conditions.compute_delay = Distribution::parse("constant:1us");
      spec.max_seconds = 0.03;  // before a pull and a push have passed
      const auto outcome = run(entry, spec, *c.problem);
      CHECK(outcome.stopped == Stopped::time_limit);
      CHECK(outcome.updates == 0);
      check_conservation(outcome);
      for (const auto& worker : outcome.workers)
        if (latency == std::string_view("constant:100000s")) CHECK(worker.computed == 0);
    });
}

TEST_CASE("A pause takes nothing of a delay, and a worker that sleeps is none to wait for") {
  for_every_delayed(3, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    spec.evaluations = 5;
    spec.conditions = delays("constant:300us");
    const auto outcome = entry.make(spec, *c.problem)->run(spec, never(), [](const Snapshot&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      return false;
    });
    CHECK(outcome.paused);
    CHECK(outcome.updates == 25);
    check_conservation(outcome);
    for (const auto& worker : outcome.workers)
      CHECK(worker.time.spent(Phase::compute) >=
            static_cast<Nanoseconds>(gradients_of(outcome, worker)) * 300'000 - 1000);
  });
}

TEST_CASE("A straggler that no worker can be is refused with the workers that there are") {
  for_every_delayed(3, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    spec.conditions = delays("constant:0", "7:2");
    CHECK(entry.why_not(spec, *c.problem).find("straggler 7") != std::string::npos);
  });
}

TEST_CASE("A wait that is cancelled ends at once, and says so until it is renewed") {
  const std::atomic<bool> no{false};
  StopControl stop(no, 0, nullptr);
  SharedLink link(LinkSpeed(1, 0));
  const Conditions conditions = delays("constant:100000s");
  Injector injector;
  injector.reset(conditions, 1, 0, nullptr, stop, link);
  for (int i = 0; i < 50; ++i) {
    std::atomic<bool> computed{false};
    std::thread other([&] {
      while (!computed) std::this_thread::yield();
      injector.cancel();
      injector.wake_cancelled();
    });
    CHECK_FALSE(injector.gradient([&] { computed = true; }));
    other.join();
    CHECK(injector.cancelled());
    CHECK_FALSE(injector.gradient([] {}));  // nothing is waited for until it is wanted again
    injector.renew();
  }
  const Conditions shorter = delays("constant:1us");
  injector.reset(shorter, 1, 0, nullptr, stop, link);
  CHECK(injector.gradient([] {}));
  stop.stop(Stopped::target);
  CHECK_FALSE(injector.gradient([] {}));
}

TEST_CASE("Without conditions an injector passes on what is computed and waits for nothing") {
  Injector injector;
  int calls = 0;
  CHECK(injector.gradients(5, [&] { ++calls; }));
  CHECK(calls == 1);
  CHECK(injector.pull(1000).whole);
  CHECK(injector.push(1000).whole);
}

}  // namespace sgdbench::testing
