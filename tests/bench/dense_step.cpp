// Dense logistic regression: one example in place, and mini-batches.
#include <algorithm>

#include "tests/bench/workload.h"
#include "workloads/kernels/vector.h"

namespace sgdbench::bench {
namespace {

const TrainTest& data() {
  static const TrainTest made = generate("covtype-like:rows=100000");
  return made;
}

void dense_logistic(benchmark::State& state, Access access, const char* rule) {
  const auto problem = make_problem({"logreg", -1, {}, "relu"}, data());
  const auto batch = static_cast<std::size_t>(state.range(0));
  run_epochs(state, *problem, batch, access, nullptr, rule);

  // A row, its target and what the rule remembers of it are read once from memory; two
  // multiply-adds per feature, and λ once an update.
  const auto& m = std::get<DenseMatrix>(data().train.features);
  const double rows = static_cast<double>(m.rows()), d = static_cast<double>(m.columns);
  const double updates = rows / static_cast<double>(batch);
  const double of_row = static_cast<double>((m.stride + 1) * sizeof(Real)) + bytes_of_memory(rule);
  declare(state, rows * of_row, 4 * rows * d + 4 * updates * d);
}
BENCHMARK_CAPTURE(dense_logistic, exclusive, Access::exclusive, "sgd")
    ->Arg(1)
    ->Arg(16)
    ->Arg(64)
    ->Arg(256)
    ->Arg(1024);
BENCHMARK_CAPTURE(dense_logistic, racy_store, Access::racy_store, "sgd")->Arg(1)->Arg(64);
BENCHMARK_CAPTURE(dense_logistic, racy_cas, Access::racy_cas, "sgd")->Arg(1);
// Of svrg the steps between two full gradients.
BENCHMARK_CAPTURE(dense_logistic, saga, Access::exclusive, "saga")->Arg(1)->Arg(16);
BENCHMARK_CAPTURE(dense_logistic, svrg, Access::exclusive, "svrg")->Arg(1)->Arg(16);
BENCHMARK_CAPTURE(dense_logistic, sarah, Access::exclusive, "sarah")->Arg(1);
BENCHMARK_CAPTURE(dense_logistic, saga_racy, Access::racy_store, "saga")->Arg(1);
BENCHMARK_CAPTURE(dense_logistic, svrg_racy, Access::racy_store, "svrg")->Arg(1);

/// The tightest mini-batch step that we could write without the library's abstractions, for rows of
/// this one length, whose w and gradient sum stay in registers: what dense_logistic/exclusive is
/// held against.
void dense_logistic_by_hand(benchmark::State& state) {
  constexpr std::size_t kRow = 64, kVectors = kRow / kLanes, kGroup = 8;
  const auto& m = std::get<DenseMatrix>(data().train.features);
  if (m.stride != kRow) return state.SkipWithError("rows of another length");
  const std::size_t n = m.rows(), batch = static_cast<std::size_t>(state.range(0));
  AlignedVector<Real> y(n + kGroup);  // a group may reach over the end
  for (std::size_t i = 0; i < n; ++i)
    y[i] = data().train.targets[i] == data().train.classes[0] ? Real(-1) : Real(1);
  const Real l2 = Real(1) / static_cast<Real>(n), step = Real(0.01);
  Vec w[kVectors] = {};
  for (auto _ : state) {
    for (std::size_t begin = 0; begin < n; begin += batch) {
      const std::size_t end = std::min(n, begin + batch);
      Vec g[kVectors] = {};
      for (std::size_t i = begin; i < end; i += kGroup) {
        const std::size_t count = std::min(kGroup, end - i);
        Real s[kGroup] = {};
        for (std::size_t r = 0; r < count; ++r) {
          const Real* const x = m.row(i + r).data();
          __builtin_prefetch(x + 32 * kRow);
          __builtin_prefetch(x + 33 * kRow - 32);
          Vec sum{};
          for (std::size_t v = 0; v < kVectors; ++v) sum += w[v] * plain::load<Vec>(x + v * kLanes);
          s[r] = sum_lanes(sum);
        }
        for (std::size_t r = 0; r < kGroup; ++r) s[r] = -y[i + r] / (1 + fast_exp(y[i + r] * s[r]));
        for (std::size_t r = 0; r < count; ++r)
          for (std::size_t v = 0; v < kVectors; ++v)
            g[v] += s[r] * plain::load<Vec>(m.row(i + r).data() + v * kLanes);
      }
      const Real rate = step / static_cast<Real>(end - begin);
      for (std::size_t v = 0; v < kVectors; ++v) w[v] -= rate * g[v] + step * l2 * w[v];
    }
    benchmark::DoNotOptimize(w[0]);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
}
BENCHMARK(dense_logistic_by_hand)->Arg(256);

}  // namespace
}  // namespace sgdbench::bench
