// All threads work through one window of time after the other, and what they finished is counted. A
// window is longer than the slice that a scheduler gives to a neighbour, so that one who shares the
// core costs what it costs a run, and no thread sleeps, so that none is late.
#include "backends/pace.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "backends/clock.h"
#include "backends/pure_compute.h"
#include "backends/together.h"
#include "backends/topology.h"
#include "workloads/real.h"

namespace sgdbench {
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

}  // namespace sgdbench
