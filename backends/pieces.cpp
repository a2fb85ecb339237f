#include "backends/pieces.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "backends/barrier.h"
#include "backends/pure_compute.h"
#include "backends/together.h"

namespace sgdbench {
namespace {

void work(std::size_t units) {
  volatile float sink = 0.5f;  // keeps the work: read and written once per unit
  for (std::size_t i = 0; i < units; ++i) sink = unit_of_work(sink * 0 + 0.5f);
}

}  // namespace

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

}  // namespace sgdbench
