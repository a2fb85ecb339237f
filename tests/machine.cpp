#include <doctest/doctest.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <set>
#include <stdexcept>
#include <thread>

#include "backends/fork_join.h"
#include "backends/probes.h"
#include "backends/worker_pool.h"
#include "results/cpu_state.h"

using namespace sgdbench;

namespace {

cpu_set_t affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  REQUIRE(::sched_getaffinity(0, sizeof set, &set) == 0);
  return set;
}

}  // namespace

TEST_CASE("A parallel loop visits each index once, on one thread and on several") {
  for (const std::size_t threads : {0u, 1u, 2u, 5u}) {
    CAPTURE(threads);
    const ParallelFor parallel = threaded_for(threads);
    for (const std::size_t items : {0u, 1u, 2u, 3u, 1000u}) {
      CAPTURE(items);
      std::vector<std::atomic<int>> visits(items);
      parallel(items, [&](std::size_t i) { ++visits[i]; });
      for (const auto& visit : visits) CHECK(visit == 1);
    }
  }
}

TEST_CASE("What the bodies of a parallel loop wrote is there when it returns") {
  const ParallelFor parallel = threaded_for(3);
  std::vector<std::size_t> values(500);
  for (std::size_t round = 0; round < 200; ++round) {
    parallel(values.size(), [&](std::size_t i) { values[i] += i; });
    for (std::size_t i = 0; i < values.size(); ++i) REQUIRE(values[i] == (round + 1) * i);
  }
}

TEST_CASE("A parallel loop rethrows what a body throws, and serves again") {
  for (const std::size_t threads : {1u, 4u}) {
    const ParallelFor parallel = threaded_for(threads);
    const auto bad = [](std::size_t i) {
      if (i == 37) throw std::runtime_error("thirty-seven");
    };
    CHECK_THROWS_WITH(parallel(100, bad), "thirty-seven");
    std::atomic<int> count{0};
    parallel(100, [&](std::size_t) { ++count; });
    CHECK(count == 100);
  }
}

TEST_CASE("A parallel loop may be started inside of another's body") {
  const ParallelFor parallel = threaded_for(3);
  std::atomic<int> arrived{0}, count{0};
  parallel(3, [&](std::size_t) {
    ++arrived;
    while (arrived < 3) std::this_thread::yield();  // each of the three threads has a body
    parallel(20, [&](std::size_t) { ++count; });
  });
  CHECK(count == 60);
}

TEST_CASE("A parallel loop may be started by several threads at once") {
  const ParallelFor parallel = threaded_for(2);
  std::atomic<int> count{0};
  const auto loops = [&] {
    for (int i = 0; i < 50; ++i) parallel(20, [&](std::size_t) { ++count; });
  };
  std::thread other(loops);
  loops();
  other.join();
  CHECK(count == 2000);
}

TEST_CASE("The usable processors are those of the affinity mask, each once") {
  const cpu_set_t allowed = affinity();
  const auto& cpus = usable_cpus();
  CHECK(cpus.size() == static_cast<std::size_t>(CPU_COUNT(&allowed)));
  CHECK(std::set<int>(cpus.begin(), cpus.end()).size() == cpus.size());
  for (const int cpu : cpus) CHECK(CPU_ISSET(static_cast<std::size_t>(cpu), &allowed));
}

TEST_CASE("Pinning ties a thread to one processor, and no other thread") {
  const cpu_set_t before = affinity();
  for (std::size_t worker = 0; worker < usable_cpus().size(); ++worker) {
    bool done = false;
    cpu_set_t pinned = before;
    std::thread([&] {
      done = pin_this_thread(worker);
      pinned = affinity();
    }).join();
    REQUIRE(done);
    CHECK(CPU_COUNT(&pinned) == 1);
    CHECK(CPU_ISSET(static_cast<std::size_t>(usable_cpus()[worker]), &pinned));
  }
  const cpu_set_t after = affinity();
  CHECK(CPU_EQUAL(&before, &after));
  CHECK_FALSE(pin_this_thread(usable_cpus().size()));
}

TEST_CASE("The probe of a machine gives finite, positive numbers, pinned or not") {
  const cpu_set_t before = affinity();
  for (const bool pin : {false, true}) {
    for (const std::size_t workers : {2u, 3u}) {
      const MachineProbe probe = probe_machine(workers, pin);
      CHECK(std::isfinite(probe.parallel_capacity));
      CHECK(probe.parallel_capacity >= 0);  // 0: neighbours had the cores all the time
      if (probe.line_transfer_ns) {         // absent where one core had to be shared for too long
        CHECK(std::isfinite(*probe.line_transfer_ns));
        CHECK(*probe.line_transfer_ns > 0);
      }
    }
  }
  const cpu_set_t after = affinity();
  CHECK(CPU_EQUAL(&before, &after));
}

TEST_CASE("The pace of a machine is a time of each piece, and the mean of two lies between them") {
  for (const std::size_t workers : {1u, 2u, 5u}) {
    Pace pace;  // one is absent where neighbours had the cores in its whole window
    for (int tries = 0; tries < 100 && !(pace.compute_ns && pace.read_ns); ++tries)
      pace = measure_pace(workers, workers == 2);
    REQUIRE(pace.compute_ns);
    REQUIRE(pace.read_ns);
    CHECK(*pace.compute_ns > 0);
    CHECK(*pace.read_ns > 0);
  }
  const Pace mean = mean_of({1.0, 10.0}, {3.0, std::nullopt});
  CHECK(mean.compute_ns == 2);
  CHECK(mean.read_ns == 10);
}

TEST_CASE("One worker has the capacity of one and no line to transfer") {
  const MachineProbe probe = probe_machine(1, false);
  CHECK(probe.parallel_capacity == 1);
  CHECK_FALSE(probe.line_transfer_ns);
}

TEST_CASE("Busy threads are those whose processor time grew by more than the limit") {
  CHECK(busy_threads({{1, 10}, {2, 10}, {3, 10}}, {{1, 10}, {2, 15}, {3, 16}, {4, 6}}, 5) == 2);
  CHECK(busy_threads({{1, 10}}, {}, 0) == 0);
}

TEST_CASE("A thread that computes is counted as busy, one that sleeps is not") {
  if (thread_cpu_times().empty()) return;  // no such books here
  std::atomic<bool> stop{false}, spun{false};
  const auto before = thread_cpu_times();
  std::thread spinner([&] {
    timespec used{};
    while (!stop) {
      ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
      if (used.tv_sec > 0 || used.tv_nsec > 50'000'000) spun = true;
    }
  });
  std::thread sleeper([&] { stop.wait(false); });
  while (!spun) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto after = thread_cpu_times();
  stop = true;
  stop.notify_all();
  spinner.join();
  sleeper.join();
  CHECK(after.size() == before.size() + 2);
  CHECK(busy_threads(before, after, 30'000'000) == 1);
}
