#include "workloads/kernels/onednn.h"

#include <dnnl.h>

#include <cstdlib>

namespace sgdbench {
namespace {

void multiply(bool transpose_a, bool transpose_b, int m, int n, int k, const Real* a, int lda,
              const Real* b, int ldb, Real beta, Real* c, int ldc) {
  const auto status = dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a,
                                 lda, b, ldb, beta, c, ldc);
  // Only a wrong argument makes it fail, and going on would train on rubbish.
  if (status != dnnl_success) std::abort();
}

}  // namespace

const DenseKernels kOnednnKernels{"onednn", multiply};

}  // namespace sgdbench
