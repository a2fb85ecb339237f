// Probes of what threads and cores share: meeting, waking, a cache line, the way to memory.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <new>
#include <thread>
#include <vector>

#include "backends/probes.h"
#include "backends/waiting.h"
#include "backends/worker_pool.h"
#include "results/cpu_state.h"
#include "results/statistics.h"
#include "workloads/kernels/vector.h"

namespace sgdbench {
namespace {

constexpr std::size_t kBatch = 50;  // meetings timed together
constexpr std::size_t kBatches = 100;
constexpr Nanoseconds kPatience = 500'000'000;
constexpr std::size_t kWakes = 100;

/// Meetings in batches. The first worker looks at the clock and ends them by naming a batch that
/// nobody has left yet.
class Meetings {
 public:
  explicit Meetings(std::size_t workers) : barrier_(workers, workers <= usable_cpus().size()) {}

  void attend(std::size_t me) {
    const Nanoseconds deadline = now() + kPatience;
    for (std::size_t batch = 0; batch <= last_.load(std::memory_order_relaxed); ++batch) {
      // Relaxed: a meeting publishes it.
      if (me == 0 && now() > deadline) last_.store(batch, std::memory_order_relaxed);
      meet(me);
      const Nanoseconds start = now();
      for (std::size_t i = 0; i < kBatch; ++i) meet(me);
      if (me == 0) times_.push_back(static_cast<double>(now() - start) / kBatch);
    }
  }
  const std::vector<double>& times() const { return times_; }

 private:
  void meet(std::size_t me) {
    barrier_.arrive(me);
    barrier_.wait(me);
  }
  Barrier barrier_;
  std::atomic<std::size_t> last_{kBatches - 1};
  std::vector<double> times_;  // the first worker's
};

}  // namespace

std::optional<double> barrier_ns(std::size_t workers, bool pin) {
  if (workers < 2) return std::nullopt;
  Meetings meetings(workers);
  if (!run_together(workers, pin, [&](std::size_t i) { meetings.attend(i); })) return std::nullopt;
  return meetings.times().empty() ? std::nullopt : std::optional(median(meetings.times()));
}

std::optional<double> wake_up_ns() {
  std::atomic<Nanoseconds> call{0};  // when the sleeper was woken; 0: it may sleep
  std::atomic<bool> ready{false};
  std::vector<double> delays;
  const bool done = run_together(2, false, [&](std::size_t i) {
    for (std::size_t wake = 0; wake < kWakes; ++wake) {
      if (i == 0) {
        ready = true;
        ready.notify_one();
        call.wait(0);
        delays.push_back(static_cast<double>(now() - call.exchange(0)));
      } else {
        ready.wait(false);
        ready = false;
        std::this_thread::sleep_for(std::chrono::microseconds(333));
        call = now();
        call.notify_one();
      }
    }
  });
  return done ? std::optional(median(delays)) : std::nullopt;
}

ClockCost clock_cost() {
  constexpr int kReadings = 50'000;
  ClockCost cost;
  const Nanoseconds start = now();
  Nanoseconds last = start;
  for (int i = 0; i < kReadings; ++i) {
    const Nanoseconds reading = now();
    const auto step = static_cast<double>(reading - last);
    if (step > 0 && (cost.resolution_ns == 0 || step < cost.resolution_ns))
      cost.resolution_ns = step;
    last = reading;
  }
  cost.call_ns = static_cast<double>(last - start) / kReadings;
  return cost;
}

namespace {

/// The line that goes to and fro. Even: the first player's turn, odd: the second's.
struct Court {
  static constexpr std::uint32_t kBatch = 50;  // round trips timed together
  static constexpr std::uint32_t kBatches = 360;
  static constexpr Nanoseconds kPatience = 10'000'000;  // for all of it: players may share one core

  alignas(64) std::atomic<std::uint32_t> ball{0};
  // Relaxed: it stops the game a little later if seen a little later.
  alignas(64) std::atomic<bool> over{false};
  Nanoseconds deadline = now() + kPatience;

  /// Hands the ball back; false when the game is over. Acquire and release: a turn follows all
  /// that was before. `yields` counts how often this player gave up its core meanwhile.
  bool play(std::uint32_t turn, std::size_t& yields) {
    for (int polls = 0; ball.load(std::memory_order_acquire) != turn; ++polls) {
      relax();
      if (polls % 256 != 255) continue;
      if (over.load(std::memory_order_relaxed)) return false;
      if (now() > deadline) over.store(true, std::memory_order_relaxed);
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
    const Nanoseconds begin = now();
    for (std::uint32_t trip = 0; trip < Court::kBatch; ++trip, turn += 2)
      if (!court.play(turn, yields)) return batches;
    const Nanoseconds time = now() - begin;
    if (yields == 0) batches.push_back(static_cast<double>(time));
  }
  return batches;
}

}  // namespace

std::optional<double> line_transfer_ns(bool pin) {
  Court court;
  std::vector<double> batches;
  const bool played = run_together(2, pin, [&](std::size_t player) {
    if (player == 0) {
      batches = serve(court);
      court.over.store(true, std::memory_order_relaxed);
    } else {
      std::size_t yields = 0;
      for (std::uint32_t turn = 1; court.play(turn, yields);) turn += 2;
    }
  });
  if (!played || batches.empty()) return std::nullopt;
  return median(batches) / (2.0 * Court::kBatch);
}

namespace {

constexpr std::size_t kReadRounds = 9;
constexpr std::size_t kChains = 4;  // sums that don't wait for one another

/// Filled by the thread that reads it, so that on a machine of several memories it lies near it.
using Memory = AlignedVector<Real>;

/// ∑ of all, so that nothing is left unread.
Real read_all(const Memory& memory) {
  Vec sum[kChains] = {};
  for (std::size_t i = 0; i + kChains * kLanes <= memory.size(); i += kChains * kLanes)
    for (std::size_t k = 0; k < kChains; ++k) sum[k] += plain::load<Vec>(&memory[i + k * kLanes]);
  return sum_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

struct Span {
  Nanoseconds begin = 0, end = 0;
};
using Rounds = std::vector<Span>;

void read_in_rounds(Memory& memory, Barrier& barrier, std::size_t thread, Rounds& rounds) {
  volatile Real sink = 0;
  for (auto& round : rounds) {
    barrier.arrive(thread);
    barrier.wait(thread);
    round.begin = now();
    sink = read_all(memory);
    round.end = now();
  }
  static_cast<void>(sink);
}

/// A round lasts from the first thread's start to the last one's end.
Nanoseconds shortest_round(const std::vector<Rounds>& threads) {
  Nanoseconds shortest = 0;
  for (std::size_t r = 0; r < kReadRounds; ++r) {
    Span all = threads.front()[r];
    for (const auto& rounds : threads) {
      all.begin = std::min(all.begin, rounds[r].begin);
      all.end = std::max(all.end, rounds[r].end);
    }
    if (r == 0 || all.end - all.begin < shortest) shortest = all.end - all.begin;
  }
  return std::max<Nanoseconds>(1, shortest);
}

}  // namespace

std::optional<double> read_bandwidth(std::size_t threads, bool pin, std::size_t bytes) {
  const std::size_t reals = bytes / sizeof(Real) / threads;
  std::vector<Rounds> times(threads, Rounds(kReadRounds));
  Barrier barrier(threads, threads <= usable_cpus().size());
  std::atomic<bool> memory_had = true;  // relaxed: read after all threads have ended
  const bool done = run_together(threads, pin, [&](std::size_t i) {
    Memory memory;
    try {
      memory.assign(reals, Real(1));
    } catch (const std::bad_alloc&) {
      memory_had.store(false, std::memory_order_relaxed);
    }
    read_in_rounds(memory, barrier, i, times[i]);
  });
  if (!done || !memory_had.load(std::memory_order_relaxed)) return std::nullopt;
  const double bytes_read = static_cast<double>(reals * sizeof(Real) * threads);
  return bytes_read / (static_cast<double>(shortest_round(times)) * 1e-9);
}

}  // namespace sgdbench
