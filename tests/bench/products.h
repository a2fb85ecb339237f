// The matrix products of one mini-batch through a network, forward and backward.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "workloads/kernels/dense_kernels.h"

namespace sgdbench::bench {

struct Product {
  bool transpose_a, transpose_b;
  int m, n, k;
};

/// The nets that the benchmarks are about.
inline const std::vector<std::vector<int>>& nets() {
  static const std::vector<std::vector<int>> all{{784, 128, 10}, {784, 256, 256, 10}};
  return all;
}
inline std::string name_of(const std::vector<int>& widths) {
  std::string name = std::to_string(widths.front());
  for (std::size_t l = 1; l < widths.size(); ++l)
    name.append("-").append(std::to_string(widths[l]));
  return name;
}

/// z = a·W and ∂W = aᵀ·δ for each layer, and δ·Wᵀ above the input.
class Products {
 public:
  Products(const std::vector<int>& widths, int batch) {
    std::size_t most = 0;
    const auto add = [&](Product p) {
      all_.push_back(p);
      const double m = p.m, n = p.n, k = p.k;
      flops += 2 * m * n * k;
      bytes += (m * k + k * n + 2 * m * n) * sizeof(Real);
      most = std::max(most, static_cast<std::size_t>(std::max({m * k, k * n, m * n})));
    };
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
      const int in = widths[l], out = widths[l + 1];
      add({false, false, batch, out, in});
      add({true, false, in, out, batch});
      if (l > 0) add({false, true, batch, in, out});
    }
    a_.assign(most, Real(0.5));
    b_.assign(most, Real(0.25));
    c_.resize(most);
  }

  void run(const DenseKernels& kernels) {
    for (const Product& p : all_)
      kernels.gemm(p.transpose_a, p.transpose_b, p.m, p.n, p.k, a_.data(),
                   p.transpose_a ? p.m : p.k, b_.data(), p.transpose_b ? p.k : p.n, Real(0),
                   c_.data(), p.n);
  }

  double flops = 0, bytes = 0;

 private:
  std::vector<Product> all_;
  AlignedVector<Real> a_, b_, c_;
};

}  // namespace sgdbench::bench
