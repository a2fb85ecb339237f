// Probes of a core's arithmetic: parallel capacity, pace, equal pieces of work; and which threads
// of this process used a core.
#include "backends/probes.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <limits>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "backends/waiting.h"
#include "backends/worker_pool.h"
#include "results/cpu_state.h"
#include "workloads/names.h"
#include "workloads/real.h"

namespace sgdbench {
namespace {

/// About a microsecond of independent multiplications and additions, no memory: enough of them to
/// keep a core's arithmetic units busy, so that hardware threads on one core share it.
float unit_of_work(float x) {
  constexpr std::size_t kSums = 64;
  float sums[kSums];
  for (std::size_t k = 0; k < kSums; ++k) sums[k] = static_cast<float>(k);
  for (int i = 0; i < 256; ++i)
    for (float& sum : sums) sum = sum * x + 0.5f;
  float total = 0;
  for (const float sum : sums) total += sum;
  return total;
}

/// So many of them.
void work(std::size_t units) {
  volatile float sink = 0.5f;  // keeps the work: read and written once per unit
  for (std::size_t i = 0; i < units; ++i) sink = unit_of_work(sink * 0 + 0.5f);
}

// Parallel capacity.
// Rounds of "one thread alone" and "all threads at once" follow one another on a fixed
// timetable, so that a machine that changes under us changes both. A thread counts the units of
// work that it finishes within its time slot: a thread that gets no core counts nothing, and
// waiting threads sleep, to leave the core alone.
//
// A control group's quota is enforced over periods of about 100 ms, so it's not seen here.

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

// Pace. All threads work through one window of time after the other, and what they finished is
// counted. A window is longer than the slice that a scheduler gives to a neighbour, so that one who
// shares the core costs what it costs a run, and no thread sleeps, so that none is late.

namespace {

constexpr Nanoseconds kWindow = 5'000'000;
constexpr std::size_t kPiece = 64 * 1024 / sizeof(Real);
constexpr std::size_t kPieces = 128;  // 8 MiB

/// Does pieces of work until the end of the window; returns how many.
template <class Work>
std::uint64_t count_until(Nanoseconds end, Work work) {
  std::uint64_t done = 0;
  for (; now() < end; ++done) work(done);
  return done;
}

/// Read by all, filled once.
const AlignedVector<Real>& memory() {
  static const AlignedVector<Real> range(kPieces * kPiece, Real(1));
  return range;
}

Real sum_of_piece(std::size_t piece) {
  const Real* x = &memory()[piece % kPieces * kPiece];
  Real sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < kPiece; ++i) sum += x[i];
  return sum;
}

struct alignas(64) Done {
  std::uint64_t computed = 0, read = 0;
};

Done work_through(Nanoseconds start, std::size_t thread) {
  volatile float sink = 0.5f;  // keeps the work: written once per piece
  Done done;
  while (now() < start) {
  }
  done.computed =
      count_until(start + kWindow, [&](std::uint64_t) { sink = unit_of_work(sink * 0 + 0.5f); });
  // Threads read different pieces at a time: what they share is the way to them.
  const std::size_t first = thread * kPieces / 2;
  done.read =
      count_until(start + 2 * kWindow, [&](std::uint64_t k) { sink = sum_of_piece(first + k); });
  return done;
}

std::optional<double> time_of_one(std::uint64_t done, std::size_t threads) {
  if (done == 0) return std::nullopt;
  return static_cast<double>(threads) * static_cast<double>(kWindow) / static_cast<double>(done);
}

}  // namespace

Pace measure_pace(std::size_t workers, bool pin) {
  const std::size_t threads = std::min(workers, usable_cpus().size());
  memory();
  std::vector<Done> all(threads);
  // Relaxed: whoever is first sets the time, and all take what is there.
  std::atomic<Nanoseconds> start{0};
  run_together(threads, pin, [&](std::size_t i) {
    Nanoseconds none = 0;
    const Nanoseconds mine = now() + 100'000;
    const bool first = start.compare_exchange_strong(none, mine, std::memory_order_relaxed);
    all[i] = work_through(first ? mine : none, i);
  });
  Done sum;
  for (const auto& done : all) {
    sum.computed += done.computed;
    sum.read += done.read;
  }
  return {time_of_one(sum.computed, threads), time_of_one(sum.read, threads)};
}

Pace mean_of(const Pace& a, const Pace& b) {
  const auto mean = [](std::optional<double> x, std::optional<double> y) {
    if (!x || !y) return x ? x : y;
    return std::optional((*x + *y) / 2);
  };
  return {mean(a.compute_ns, b.compute_ns), mean(a.read_ns, b.read_ns)};
}

std::size_t units_in(double seconds) {
  constexpr std::size_t kUnits = 500;
  Nanoseconds best = std::numeric_limits<Nanoseconds>::max();
  for (int i = 0; i < 20; ++i) {
    const Nanoseconds start = now();
    work(kUnits);
    best = std::min(best, std::max<Nanoseconds>(1, now() - start));
  }
  const double per_unit = static_cast<double>(best) * 1e-9 / kUnits;
  return std::max<std::size_t>(1, static_cast<std::size_t>(seconds / per_unit));
}

std::vector<double> time_pieces(std::size_t threads, bool pin, std::size_t units, double budget_s) {
  Barrier barrier(threads, threads <= usable_cpus().size());
  // The first thread ends the row by naming a meeting that nobody has left yet. Relaxed: the
  // meeting publishes it.
  std::atomic<std::size_t> last{std::numeric_limits<std::size_t>::max()};
  std::vector<double> seconds;
  run_together(threads, pin, [&](std::size_t i) {
    const auto budget = static_cast<Nanoseconds>(budget_s * 1e9);
    const Nanoseconds begin = now();
    Nanoseconds end = begin;
    for (std::size_t piece = 0; piece <= last.load(std::memory_order_relaxed); ++piece) {
      work(units);  // the first one warms up and is not counted
      if (i == 0 && piece > 0 && now() - begin >= budget)
        last.store(piece, std::memory_order_relaxed);
      barrier.arrive(i);
      barrier.wait(i);
      const Nanoseconds start = std::exchange(end, now());
      if (i == 0 && piece > 0) seconds.push_back(static_cast<double>(end - start) * 1e-9);
    }
  });
  return seconds;
}

std::map<int, std::uint64_t> thread_cpu_times() {
  namespace fs = std::filesystem;
  std::map<int, std::uint64_t> times;
  std::error_code error;
  fs::directory_iterator task("/proc/self/task", error);
  for (; !error && task != fs::directory_iterator(); task.increment(error)) {
    const std::string name = task->path().filename().string();
    const auto id = parse_number<int>(name);
    if (!id) continue;
    // "time on a core, time waiting for one, time slices"; a thread may end while we look.
    std::uint64_t on_core = 0;
    if (std::ifstream(task->path() / "schedstat") >> on_core) times[*id] = on_core;
  }
  return times;
}

std::size_t busy_threads(const std::map<int, std::uint64_t>& before,
                         const std::map<int, std::uint64_t>& after, std::uint64_t least_ns) {
  std::size_t busy = 0;
  for (const auto& [id, time] : after) {
    const auto earlier = before.find(id);
    const std::uint64_t start = earlier == before.end() ? 0 : earlier->second;
    if (time > start && time - start > least_ns) ++busy;
  }
  return busy;
}

}  // namespace sgdbench
