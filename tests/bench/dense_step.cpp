// Dense logistic regression: one example in place, and mini-batches.
#include "tests/bench/workload.h"

namespace sgdbench::bench {
namespace {

const TrainTest& data() {
  static const TrainTest made = generate("covtype-like:rows=100000");
  return made;
}

void dense_logistic(benchmark::State& state, Access access) {
  const auto problem = make_problem({"logreg", -1, {}, "relu"}, data());
  const auto batch = static_cast<std::size_t>(state.range(0));
  run_epochs(state, *problem, batch, access);

  // A row is read once from memory; two multiply-adds per feature, and λ once an update.
  const auto& m = std::get<DenseMatrix>(data().train.features);
  const double rows = static_cast<double>(m.rows()), d = static_cast<double>(m.columns);
  const double updates = rows / static_cast<double>(batch);
  declare(state, rows * static_cast<double>(m.stride * sizeof(Real)),
          4 * rows * d + 4 * updates * d);
}
BENCHMARK_CAPTURE(dense_logistic, exclusive, Access::exclusive)
    ->Arg(1)
    ->Arg(16)
    ->Arg(64)
    ->Arg(1024);
BENCHMARK_CAPTURE(dense_logistic, racy_store, Access::racy_store)->Arg(1)->Arg(64);
BENCHMARK_CAPTURE(dense_logistic, racy_cas, Access::racy_cas)->Arg(1);

}  // namespace
}  // namespace sgdbench::bench
