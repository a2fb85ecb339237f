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

/// Epochs of one worker over all rows in file order, full gradients left out; an item is an
/// example.
inline void run_epochs(benchmark::State& state, const Problem& problem, std::size_t batch,
                       Access access, WriteProbe* probe = nullptr, std::string_view name = "sgd") {
  const RuleSpec spec = parse_rule(name, 0);
  const auto rule = problem.make_rule(spec);
  const auto worker = problem.make_worker({rule.get(), batch, nullptr});
  AlignedVector<Real> w(rule->state_size());
  std::vector<std::uint32_t> rows(problem.examples());
  std::iota(rows.begin(), rows.end(), 0u);
  const double usual = automatic_step(problem, spec, batch,
                                      [&](std::size_t b) { return problem.suggested_step(b); });
  const StepSize step{usual, Schedule::constant, 1, 0, StalenessPolicy::none};
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

/// Bytes of memory that a rule moves for an example beside its row and target: what is remembered
/// of it, read, and written where it follows. w and its like stay in the cache.
inline double bytes_of_memory(std::string_view rule) {
  if (rule == "sgd") return 0;
  return rule == "svrg" ? sizeof(Real) : 2 * sizeof(Real);
}

}  // namespace sgdbench::bench
