// The matrix products of one mini-batch, forward and backward, for every kernel set. One thread:
// run with OMP_NUM_THREADS=1 for the sets that have threads of their own.
#include "tests/bench/workload.h"
#include "workloads/kernels/dense_kernels.h"

namespace sgdbench::bench {
namespace {

struct Product {
  bool transpose_a, transpose_b;
  int m, n, k;
};

/// What a network of these widths asks for: z = a·W, ∂W = aᵀ·δ, and δ·Wᵀ above the input.
std::vector<Product> products(const std::vector<int>& widths, int batch) {
  std::vector<Product> all;
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    const int in = widths[l], out = widths[l + 1];
    all.push_back({false, false, batch, out, in});
    all.push_back({true, false, in, out, batch});
    if (l > 0) all.push_back({false, true, batch, in, out});
  }
  return all;
}

void run_products(benchmark::State& state, const DenseKernels& kernels,
                  const std::vector<Product>& all) {
  double flops = 0, bytes = 0;
  std::size_t most = 0;
  for (const Product& p : all) {
    const double m = p.m, n = p.n, k = p.k;
    flops += 2 * m * n * k;
    bytes += (m * k + k * n + 2 * m * n) * sizeof(Real);
    most = std::max(most, static_cast<std::size_t>(std::max({m * k, k * n, m * n})));
  }
  const AlignedVector<Real> a(most, Real(0.5)), b(most, Real(0.25));
  AlignedVector<Real> c(most);
  for (auto _ : state) {
    for (const Product& p : all)
      kernels.gemm(p.transpose_a, p.transpose_b, p.m, p.n, p.k, a.data(), p.transpose_a ? p.m : p.k,
                   b.data(), p.transpose_b ? p.k : p.n, Real(0), c.data(), p.n);
    benchmark::ClobberMemory();
  }
  declare(state, bytes, flops);
}

const std::vector<int> kShallow{784, 128, 10}, kDeep{784, 256, 256, 10};

const bool registered = [] {
  for (const auto& entry : kernel_catalog()) {
    if (!entry.kernels) continue;
    for (const auto* widths : {&kShallow, &kDeep}) {
      for (const int batch : {32, 128}) {
        const std::string name = "gemm/" + std::string(entry.name) +
                                 (widths == &kShallow ? "/784-128-10" : "/784-256-256-10") +
                                 "/batch:" + std::to_string(batch);
        const DenseKernels& kernels = *entry.kernels;
        benchmark::RegisterBenchmark(name.c_str(), [&kernels, widths, batch](auto& state) {
          run_products(state, kernels, products(*widths, batch));
        });
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace sgdbench::bench
