// The data that the micro-benchmarks run on, and one in-place epoch over it.
#pragma once

#include <benchmark/benchmark.h>

#include <atomic>
#include <numeric>
#include <string>
#include <vector>

#include "tests/bench/limits.h"
#include "workloads/data/catalog.h"
#include "workloads/problem.h"
#include "workloads/registry.h"

namespace sgdbench::bench {

inline TrainTest generate(const std::string& source) {
  DataRequest request;
  request.source = source;
  return load_data(request, serial_for);
}

/// Epochs of one worker over all rows in file order; an item is an example.
inline void run_epochs(benchmark::State& state, const Problem& problem, std::size_t batch,
                       Access access, WriteProbe* probe = nullptr) {
  const auto rule = problem.make_rule({});
  const auto worker = problem.make_worker({rule.get(), batch, nullptr});
  AlignedVector<Real> w(problem.parameters());
  std::vector<std::uint32_t> rows(problem.examples());
  std::iota(rows.begin(), rows.end(), 0u);
  const StepSize step{problem.suggested_step(batch), Schedule::constant, 1, 0,
                      StalenessPolicy::none};
  std::atomic<std::uint64_t> applied{0};
  for (auto _ : state) {
    worker->run_in_place(w, {rows, batch, 0, step.during(0), access, &applied, probe});
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows.size()));
}

/// Bytes and floating-point operations of one iteration, and as shares of what one thread of this
/// machine can do. Bytes that come from a cache can go beyond the share 1.
inline void declare(benchmark::State& state, double bytes, double flops) {
  using benchmark::Counter;
  const double n = static_cast<double>(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes * n));
  state.counters["FLOP/s"] = Counter(flops * n, Counter::kIsRate);
  state.counters["of_read"] = Counter(bytes * n / limits().read_bytes_per_s, Counter::kIsRate);
  state.counters["of_peak"] = Counter(flops * n / limits().flops_per_s, Counter::kIsRate);
}

}  // namespace sgdbench::bench
