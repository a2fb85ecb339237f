#include "tests/bench/limits.h"

#include <algorithm>
#include <chrono>

#include "backends/probes.h"
#include "workloads/kernels/vector.h"

namespace sgdbench::bench {
namespace {

constexpr int kTries = 9;
volatile Real sink;

/// Seconds of the fastest of some tries: a limit is what nothing disturbed.
template <class F>
double fastest(const F& body) {
  double best = 1e9;
  for (int k = 0; k < kTries; ++k) {
    const auto start = std::chrono::steady_clock::now();
    body();
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

double fma_peak() {
  constexpr std::size_t kChains = 12;  // two units, four cycles of latency, and some to spare
  constexpr std::size_t kSteps = 2'000'000;
  const double seconds = fastest([] {
    const Vec a = Vec{} + sink * 0 + Real(0.999), b = Vec{} + Real(0.001);
    Vec chain[kChains];  // all different, or the compiler would work on one
    for (std::size_t k = 0; k < kChains; ++k) chain[k] = Vec{} + static_cast<Real>(k);
    for (std::size_t i = 0; i < kSteps; ++i)
      for (auto& x : chain) x = x * a + b;
    Vec sum{};
    for (const auto& x : chain) sum += x;
    sink = sum_lanes(sum);
  });
  return 2.0 * kLanes * kChains * kSteps / seconds;
}

}  // namespace

const Limits& limits() {
  static const Limits measured{read_bandwidth(1, true).value_or(0), fma_peak(),
                               probe_machine(2, true).line_transfer_ns};
  return measured;
}

}  // namespace sgdbench::bench
