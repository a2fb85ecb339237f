// One update of sparse logistic regression from one example: gather and dot, then scatter.
#include "tests/bench/workload.h"
#include "workloads/kernels/vector.h"

namespace sgdbench::bench {
namespace {

constexpr const char* kSource = "rcv1-like:rows=200000";

const TrainTest& data() {
  static const TrainTest made = generate(kSource);
  return made;
}

const SparseMatrix& matrix() {
  return std::get<SparseMatrix>(data().train.features);
}

/// Per entry: 8 bytes of the row, once from memory (w and λ/d_v stay in the cache); a multiply-add
/// for the margin, two and a multiplication for the update. Per row: where it lies, its target and
/// what the rule remembers of it.
void declare_step(benchmark::State& state, std::string_view rule = "sgd") {
  const double entries = static_cast<double>(matrix().entries.size());
  const double of_row = sizeof(matrix().offsets[0]) + sizeof(Real) + bytes_of_memory(rule);
  declare(state, entries * sizeof(Entry) + static_cast<double>(matrix().rows()) * of_row,
          entries * 7);
  state.counters["entries/row"] = entries / static_cast<double>(matrix().rows());
}

void sparse_logistic_step(benchmark::State& state, Access access, bool watched) {
  const auto problem = make_problem({"logreg", -1, {}, "relu"}, data());
  WriteProbe probe;
  run_epochs(state, *problem, 1, access, watched ? &probe : nullptr);
  declare_step(state);
}
BENCHMARK_CAPTURE(sparse_logistic_step, exclusive, Access::exclusive, false);
BENCHMARK_CAPTURE(sparse_logistic_step, racy_store, Access::racy_store, false);
BENCHMARK_CAPTURE(sparse_logistic_step, racy_store_watched, Access::racy_store, true);
BENCHMARK_CAPTURE(sparse_logistic_step, racy_cas, Access::racy_cas, false);

/// The same with what is remembered of each row; of svrg the steps between two full gradients.
void sparse_logistic_rule(benchmark::State& state, const char* rule, Access access) {
  const auto problem = make_problem({"logreg", -1, {}, "relu"}, data());
  run_epochs(state, *problem, 1, access, nullptr, rule);
  declare_step(state, rule);
}
BENCHMARK_CAPTURE(sparse_logistic_rule, saga, "saga", Access::exclusive);
BENCHMARK_CAPTURE(sparse_logistic_rule, svrg, "svrg", Access::exclusive);
BENCHMARK_CAPTURE(sparse_logistic_rule, saga_racy, "saga", Access::racy_store);
BENCHMARK_CAPTURE(sparse_logistic_rule, svrg_racy, "svrg", Access::racy_store);

/// Read → compute → apply instead, as every backend but the in-place ones does it.
void sparse_logistic_batch(benchmark::State& state) {
  const auto problem = make_problem({"logreg", -1, {}, "relu"}, data());
  run_epochs(state, *problem, static_cast<std::size_t>(state.range(0)), Access::exclusive);
  declare_step(state);
}
BENCHMARK(sparse_logistic_batch)->Arg(16)->Arg(256);

/// The tightest loop for the same update that we could write without the library's abstractions:
/// what sparse_logistic_step/exclusive is held against.
void sparse_logistic_by_hand(benchmark::State& state) {
  const SparseMatrix& m = matrix();
  const std::size_t n = m.rows();
  std::vector<Real> w(m.columns), regulariser(m.columns), y(n);
  for (const Entry& e : m.entries) regulariser[e.column] += 1;
  for (Real& r : regulariser) r = r > 0 ? 1 / r : 0;
  for (std::size_t i = 0; i < n; ++i)
    y[i] = data().train.targets[i] == data().train.classes[0] ? Real(-1) : Real(1);
  const Real step = Real(0.4);
  for (auto _ : state) {
    const Entry* e = m.entries.data();
    for (std::size_t i = 0; i < n; ++i) {
      const Entry* const begin = e;
      const Entry* const end = m.entries.data() + m.offsets[i + 1];
      Real z[4] = {};
      for (; e + 4 <= end; e += 4) {
        asm("" : "+r"(e));  // no vectors, which take longer
        for (std::size_t j = 0; j < 4; ++j) z[j] += w[e[j].column] * e[j].value;
      }
      for (; e < end; ++e) z[0] += w[e->column] * e->value;
      const Real s = -y[i] / (1 + fast_exp(y[i] * ((z[0] + z[1]) + (z[2] + z[3]))));
      for (const Entry* k = begin; k < end; ++k) {
        Real& w_v = w[k->column];
        w_v -= step * (s * k->value + regulariser[k->column] * w_v);
      }
    }
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
  declare_step(state);
}
BENCHMARK(sparse_logistic_by_hand);

}  // namespace
}  // namespace sgdbench::bench
