// Opened when the first worker that computes with it is made: see workloads/shared_library.h.
#include "workloads/kernels/onednn.h"

#include <dnnl.h>

#include <cstdlib>

#include "workloads/shared_library.h"

namespace sgdbench {
namespace {

auto* sgemm() {
  static const SharedLibrary library(SGDBENCH_ONEDNN_LIBRARY, "the kernel set onednn", "libdnnl2");
  static auto* const found = library.function<decltype(dnnl_sgemm)>("dnnl_sgemm");
  return found;
}

void load() {
  sgemm();
}

void multiply(bool transpose_a, bool transpose_b, int m, int n, int k, const Real* a, int lda,
              const Real* b, int ldb, Real beta, Real* c, int ldc) {
  const auto status = sgemm()(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a,
                              lda, b, ldb, beta, c, ldc);
  // Only a wrong argument makes it fail, and going on would train on rubbish.
  if (status != dnnl_success) std::abort();
}

}  // namespace

const DenseKernels kOnednnKernels{"onednn", multiply, load};

}  // namespace sgdbench
