// Updates of a network against the matrix products that they can't do without.
//
// The two take turns in the same loop, so that a neighbour on the machine hits both alike:
// "step" and "gemm" are seconds for each, "step/gemm" their ratio; the clock of the benchmark
// shows the sum. Rows have few zeros or many: where it pays, the first layer skips them, and an
// update can be faster than its products. One thread: run with OMP_NUM_THREADS=1.
#include <chrono>

#include "tests/bench/products.h"
#include "tests/bench/workload.h"
#include "workloads/random.h"

namespace sgdbench::bench {
namespace {

constexpr std::size_t kRows = 2048;

/// Rows of uniform numbers, `percent` of which are not zero.
TrainTest images(std::size_t columns, int percent) {
  Random random(1);
  DenseMatrix rows(kRows, columns);
  for (std::size_t i = 0; i < kRows; ++i)
    for (Real& x : rows.row(i))
      if (random.below(100) < static_cast<std::size_t>(percent))
        x = static_cast<Real>(random.uniform());
  TrainTest data;
  data.train.name = "images";
  data.train.features = std::move(rows);
  for (int c = 0; c < 10; ++c) data.train.classes.push_back(static_cast<float>(c));
  for (std::size_t i = 0; i < kRows; ++i) data.train.targets.push_back(static_cast<float>(i % 10));
  return data;
}

void run_steps(benchmark::State& state, const DenseKernels& kernels, const std::vector<int>& widths,
               int batch, int percent) {
  const TrainTest data = images(static_cast<std::size_t>(widths.front()), percent);
  const std::vector<std::size_t> hidden(widths.begin() + 1, widths.end() - 1);
  const auto problem = make_problem({"mlp", -1, hidden, "relu"}, data);
  const auto size = static_cast<std::size_t>(batch);
  const auto rule = problem->make_rule({});
  const auto worker = problem->make_worker({rule.get(), size, &kernels});
  AlignedVector<Real> w(problem->parameters());
  problem->initialise(w, 1);
  std::vector<std::uint32_t> rows(kRows);
  std::iota(rows.begin(), rows.end(), 0u);
  const StepSize step{0.01, Schedule::constant, 1, 0, StalenessPolicy::none};
  std::atomic<std::uint64_t> applied{0};
  Products products(widths, batch);

  using Clock = std::chrono::steady_clock;
  Clock::duration in_steps{}, in_products{};
  for (auto _ : state) {
    const auto begin = Clock::now();
    worker->run_in_place(w, {rows, size, 0, step.during(0), Access::exclusive, &applied, nullptr});
    const auto between = Clock::now();
    for (std::size_t i = 0; i < kRows; i += size) products.run(kernels);
    in_products += Clock::now() - between;
    in_steps += between - begin;
  }
  const auto seconds = [&](Clock::duration time) {
    return std::chrono::duration<double>(time).count() / static_cast<double>(state.iterations()) /
           static_cast<double>(kRows / size);
  };
  state.counters["step"] = seconds(in_steps);
  state.counters["gemm"] = seconds(in_products);
  state.counters["step/gemm"] = seconds(in_steps) / seconds(in_products);
  const double epochs = static_cast<double>(kRows / size);
  declare(state, 2 * epochs * products.bytes, 2 * epochs * products.flops);
}

const bool registered = [] {
  for (const auto& entry : kernel_catalog()) {
    if (!entry.kernels) continue;
    for (const auto& widths : nets())
      for (const int batch : {32, 128})
        for (const int percent : {100, 50, 20, 5}) {
          std::string name = "mlp/";
          name.append(entry.name).append("/").append(name_of(widths));
          name.append("/batch:").append(std::to_string(batch));
          name.append("/filled:").append(std::to_string(percent));
          benchmark::RegisterBenchmark(name.c_str(),
                                       [&entry, &widths, batch, percent](auto& state) {
                                         run_steps(state, *entry.kernels, widths, batch, percent);
                                       });
        }
  }
  return true;
}();

}  // namespace
}  // namespace sgdbench::bench
