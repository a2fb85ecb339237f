// Parallel capacity, in about 18 ms.
//
// Rounds of "one thread alone" and "all threads at once" follow one another on a fixed
// timetable, so that a machine that changes under us changes both. A thread counts the units of
// work that it finishes within its time slot: a thread that gets no core counts nothing, and
// waiting threads sleep, to leave the core alone.
//
// A control group's quota is enforced over periods of about 100 ms, so it's not seen here.
#include "backends/probe.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <system_error>
#include <thread>
#include <vector>

#include "backends/adaptive_wait.h"
#include "backends/pure_compute.h"
#include "backends/topology.h"

namespace sgdbench {
namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using namespace std::chrono_literals;

constexpr std::size_t kRounds = 5;
constexpr auto kSlot = 1500us;  // one measurement
constexpr auto kGap = 300us;    // between two: time to wake up in
constexpr auto kAwake = 150us;  // a thread is awake this long before its slot

/// Units of work finished in the slot that begins at `start`. Sleeps until shortly before.
std::uint64_t count_units(Time start) {
  std::this_thread::sleep_until(start - kAwake);
  while (Clock::now() < start) relax();
  const Time end = start + kSlot;
  volatile float sink = 0.5f;  // keeps the work: read and written once per unit
  std::uint64_t units = 0;
  for (;;) {
    sink = unit_of_work(sink * 0 + 0.5f);
    if (Clock::now() >= end) return units;
    ++units;
  }
}

/// What one thread counted, by round: alone (the first thread only) and with all others.
struct Counts {
  std::uint64_t alone[kRounds] = {};
  std::uint64_t together[kRounds] = {};
};

void keep_timetable(std::size_t thread, Time start, Counts& counts) {
  for (std::size_t round = 0; round < kRounds; ++round) {
    const Time slot = start + 2 * static_cast<int>(round) * (kSlot + kGap);
    if (thread == 0) counts.alone[round] = count_units(slot);
    counts.together[round] = count_units(slot + kSlot + kGap);
  }
}

/// The mean over rounds of ∑ₚ together, over the best round alone: measured against a thread that
/// was disturbed, a machine would seem to have more cores than it has. The mean, because a round in
/// which nobody got a core is one of them.
double capacity(const std::vector<Counts>& threads) {
  std::uint64_t together = 0, alone = 0;
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (const auto& counts : threads) together += counts.together[round];
    alone = std::max(alone, threads.front().alone[round]);
  }
  if (alone == 0) return 1;
  return static_cast<double>(together) / static_cast<double>(kRounds * alone);
}

}  // namespace

double parallel_capacity(std::size_t workers, bool pin) {
  if (workers < 2) return 1;
  std::vector<Counts> counts(workers);
  std::promise<Time> timetable;
  const std::shared_future<Time> start = timetable.get_future().share();
  std::vector<std::thread> threads;
  try {
    for (std::size_t i = 0; i < workers; ++i)
      threads.emplace_back([i, pin, start, &counts] {
        if (pin) pin_this_thread(i);
        keep_timetable(i, start.get(), counts[i]);
      });
  } catch (const std::system_error&) {  // no more threads to be had: those that are there count
  }
  timetable.set_value(Clock::now() + kGap);
  for (auto& thread : threads) thread.join();
  return capacity(counts);
}

MachineProbe probe_machine(std::size_t workers, bool pin) {
  MachineProbe probe;
  if (workers < 2) return probe;
  probe.parallel_capacity = parallel_capacity(workers, pin);
  probe.line_transfer_ns = line_transfer_ns(pin);
  return probe;
}

}  // namespace sgdbench
