// The matrix products of one mini-batch, forward and backward, for every kernel set. One thread:
// run with OMP_NUM_THREADS=1 for the sets that have threads of their own.
#include "tests/bench/products.h"
#include "tests/bench/workload.h"

namespace sgdbench::bench {
namespace {

void run_products(benchmark::State& state, const DenseKernels& kernels,
                  const std::vector<int>& widths, int batch) {
  Products products(widths, batch);
  for (auto _ : state) {
    products.run(kernels);
    benchmark::ClobberMemory();
  }
  declare(state, products.bytes, products.flops);
}

const bool registered = [] {
  for (const auto& entry : kernel_catalog()) {
    if (!entry.kernels) continue;
    for (const auto& widths : nets())
      for (const int batch : {32, 128}) {
        std::string name = "gemm/";
        name.append(entry.name).append("/").append(name_of(widths));
        name.append("/batch:").append(std::to_string(batch));
        benchmark::RegisterBenchmark(name.c_str(), [&entry, &widths, batch](auto& state) {
          run_products(state, *entry.kernels, widths, batch);
        });
      }
  }
  return true;
}();

}  // namespace
}  // namespace sgdbench::bench
