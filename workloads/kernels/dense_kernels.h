// Kernel sets: which library does the dense arithmetic. A set changes rounding and speed only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workloads/real.h"

namespace sgdbench {

/// How many threads a kernel may use is the caller's affair (backends set it before they start).
struct DenseKernels {
  std::string_view name;
  /// C (m×n) = op(A) (m×k) · op(B) (k×n) + β·C, all row-major with the given leading dimensions
  /// (Reals from one row to the next of the array as stored). With β = 0, C is not read.
  /// No size is 0. In what order the k products are added is the set's affair, so that two calls
  /// that ask for the same sum, one within more rows or columns than the other, may differ by its
  /// rounding: by at most 2γ·(|A|·|B| + β·|C|), γ = (k + 2)·2⁻²⁴ in the first order. The native set
  /// gives the same bits.
  void (*gemm)(bool transpose_a, bool transpose_b, int m, int n, int k, const Real* a, int lda,
               const Real* b, int ldb, Real beta, Real* c, int ldc);
  /// Makes gemm ready, off the clock; throws UsageError where its library is missing.
  void (*load)() = [] {};
};

/// Our own, single-threaded: nothing to install, no thread pool to collide with.
extern const DenseKernels kNativeKernels;

struct KernelEntry {
  std::string_view name;
  std::string_view summary;
  std::string_view why_not;     ///< "" where built
  const DenseKernels* kernels;  ///< null where not built; the row stays listed
};
const std::vector<KernelEntry>& kernel_catalog();

}  // namespace sgdbench
