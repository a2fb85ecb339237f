// Each thread fills its own part first, so that on a machine of several memories it lies near it.
// A round lasts from the first thread's start to the last one's end.
#include "backends/bandwidth.h"

#include <algorithm>
#include <new>
#include <vector>

#include "backends/barrier.h"
#include "backends/together.h"
#include "workloads/kernels/vector.h"

namespace sgdbench {
namespace {

constexpr std::size_t kRounds = 9;
constexpr std::size_t kChains = 4;  // sums that don't wait for one another

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

Nanoseconds shortest_round(const std::vector<Rounds>& threads) {
  Nanoseconds shortest = 0;
  for (std::size_t r = 0; r < kRounds; ++r) {
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
  std::vector<Rounds> times(threads, Rounds(kRounds));
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
