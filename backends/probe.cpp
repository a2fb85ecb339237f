// Parallel capacity and the price of a cache line, in about 20 ms.
//
// Capacity: rounds of "one thread alone" and "all threads at once" follow one another on a fixed
// timetable, so that a machine that changes under us changes both. A thread counts the units of
// work that it finishes within its time slot: a thread that gets no core counts nothing, and
// waiting threads sleep, to leave the core alone.
//
// Cache line: two threads send one line to and fro; half the median round trip is one way.
//
// A control group's quota is enforced over periods of about 100 ms, so it's not seen here.
#include "backends/probe.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <system_error>
#include <thread>
#include <vector>

#include "backends/adaptive_wait.h"
#include "backends/topology.h"
#include "results/statistics.h"

namespace sgdbench {
namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using namespace std::chrono_literals;

constexpr std::size_t kRounds = 5;
constexpr auto kSlot = 1500us;  // one measurement
constexpr auto kGap = 300us;    // between two: time to wake up in
constexpr auto kAwake = 150us;  // a thread is awake this long before its slot

/// About a microsecond of independent multiplications and additions, no memory: enough of them to
/// keep a core's arithmetic units busy, so that hardware threads on one core share it.
float unit_of_work(float x) {
  constexpr std::size_t kChains = 64;
  float sums[kChains];
  for (std::size_t k = 0; k < kChains; ++k) sums[k] = static_cast<float>(k);
  for (int i = 0; i < 256; ++i)
    for (float& sum : sums) sum = sum * x + 0.5f;
  float total = 0;
  for (const float sum : sums) total += sum;
  return total;
}

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

/// The median over rounds of ∑ₚ together, over the best round alone: measured against a thread that
/// was disturbed, a machine would seem to have more cores than it has.
double capacity(const std::vector<Counts>& threads) {
  std::vector<double> together;
  std::uint64_t alone = 0;
  for (std::size_t round = 0; round < kRounds; ++round) {
    std::uint64_t units = 0;
    for (const auto& counts : threads) units += counts.together[round];
    together.push_back(static_cast<double>(units));
    alone = std::max(alone, threads.front().alone[round]);
  }
  return alone == 0 ? 1 : median(together) / static_cast<double>(alone);
}

double measure_capacity(std::size_t workers, bool pin) {
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

/// The line that goes to and fro. Even: the first player's turn, odd: the second's.
struct Court {
  static constexpr std::uint32_t kBatch = 50;  // round trips timed together
  static constexpr std::uint32_t kBatches = 40;
  static constexpr auto kPatience = 10ms;  // for all of it: players may share one core

  alignas(64) std::atomic<std::uint32_t> ball{0};
  // Relaxed: it stops the game a little later if seen a little later.
  alignas(64) std::atomic<bool> over{false};
  Time deadline = Clock::now() + kPatience;

  /// Hands the ball back; false when the game is over. Acquire and release: a turn follows all
  /// that was before. `yields` counts how often this player gave up its core meanwhile.
  bool play(std::uint32_t turn, std::size_t& yields) {
    for (int polls = 0; ball.load(std::memory_order_acquire) != turn; ++polls) {
      relax();
      if (polls % 256 != 255) continue;
      if (over.load(std::memory_order_relaxed)) return false;
      if (Clock::now() > deadline) over.store(true, std::memory_order_relaxed);
      std::this_thread::yield();  // the other player may need this core
      ++yields;
    }
    ball.store(turn + 1, std::memory_order_release);
    return true;
  }
};

/// Nanoseconds of each whole batch. One in which this player yielded measured the scheduler: the
/// players shared a core, or the other one had none.
std::vector<double> serve(Court& court) {
  std::vector<double> batches;
  std::uint32_t turn = 0;
  for (std::uint32_t batch = 0; batch < Court::kBatches; ++batch) {
    std::size_t yields = 0;
    const Time begin = Clock::now();
    for (std::uint32_t trip = 0; trip < Court::kBatch; ++trip, turn += 2)
      if (!court.play(turn, yields)) return batches;
    const std::chrono::duration<double, std::nano> time = Clock::now() - begin;
    if (yields == 0) batches.push_back(time.count());
  }
  return batches;
}

std::optional<double> measure_line_transfer(bool pin) try {
  Court court;
  std::thread other([&court, pin] {
    if (pin) pin_this_thread(1);
    std::size_t yields = 0;
    for (std::uint32_t turn = 1; court.play(turn, yields);) turn += 2;
  });
  std::vector<double> batches;
  {
    const AffinityGuard guard;
    if (pin) pin_this_thread(0);
    batches = serve(court);
  }
  court.over.store(true, std::memory_order_relaxed);
  other.join();
  if (batches.empty()) return std::nullopt;
  return median(batches) / (2.0 * Court::kBatch);
} catch (const std::system_error&) {  // no thread to be had
  return std::nullopt;
}

}  // namespace

MachineProbe probe_machine(std::size_t workers, bool pin) {
  MachineProbe probe;
  if (workers < 2) return probe;
  probe.parallel_capacity = measure_capacity(workers, pin);
  probe.line_transfer_ns = measure_line_transfer(pin);
  return probe;
}

}  // namespace sgdbench
