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

/// z = a·W and ∂W = aᵀ·δ for each layer, and δ·Wᵀ above the input, in the memory that a network
/// has: ∂W lands in W. All of it is zero, so that nothing grows from one call to the next.
class Products {
 public:
  Products(const std::vector<int>& widths, int batch) {
    const auto size = [](int rows, int columns) {
      return static_cast<std::size_t>(rows * columns);
    };
    for (const int width : widths) {
      values_.emplace_back(size(batch, width));
      slopes_.emplace_back(size(batch, width));
    }
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
      const int in = widths[l], out = widths[l + 1];
      weights_.emplace_back(size(in, out));
      add({false, false, batch, out, in}, values_[l], weights_[l], values_[l + 1]);
      if (l > 0) add({false, true, batch, in, out}, slopes_[l + 1], weights_[l], slopes_[l]);
      add({true, false, in, out, batch}, values_[l], slopes_[l + 1], weights_[l]);
    }
  }

  void run(const DenseKernels& kernels) {
    for (const auto& [p, a, b, c] : all_)
      kernels.gemm(p.transpose_a, p.transpose_b, p.m, p.n, p.k, a, p.transpose_a ? p.m : p.k, b,
                   p.transpose_b ? p.k : p.n, Real(0), c, p.n);
  }

  double flops = 0, bytes = 0;

 private:
  using Matrix = AlignedVector<Real>;
  struct Call {
    Product product;
    const Real* a;
    const Real* b;
    Real* c;
  };

  void add(const Product& p, const Matrix& a, const Matrix& b, Matrix& c) {
    all_.push_back({p, a.data(), b.data(), c.data()});
    const double m = p.m, n = p.n, k = p.k;
    flops += 2 * m * n * k;
    bytes += (m * k + k * n + 2 * m * n) * sizeof(Real);
  }

  std::vector<Call> all_;
  std::vector<Matrix> values_, slopes_, weights_;  // their data stay where they are when these move
};

}  // namespace sgdbench::bench
