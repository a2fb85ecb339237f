// The table of kernel sets, and oneDNN's (https://github.com/oneapi-src/oneDNN) where it was built
// in: opened when the first worker that computes with it is made (workloads/shared_library.h).
#include "workloads/kernels/dense_kernels.h"

#ifdef SGDBENCH_ONEDNN_LIBRARY
#include <dnnl.h>

#include <cstdlib>

#include "workloads/shared_library.h"
#endif

namespace sgdbench {
namespace {

#ifdef SGDBENCH_ONEDNN_LIBRARY
auto* sgemm() {
  static const SharedLibrary library(SGDBENCH_ONEDNN_LIBRARY, "the kernel set onednn", "libdnnl2");
  static auto* const found = library.function<decltype(dnnl_sgemm)>("dnnl_sgemm");
  return found;
}

void load_onednn() {
  sgemm();
}

void multiply_by_onednn(bool transpose_a, bool transpose_b, int m, int n, int k, const Real* a,
                        int lda, const Real* b, int ldb, Real beta, Real* c, int ldc) {
  const auto status = sgemm()(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a,
                              lda, b, ldb, beta, c, ldc);
  // Only a wrong argument makes it fail, and going on would train on rubbish.
  if (status != dnnl_success) std::abort();
}

constexpr DenseKernels kOnednnKernels{"onednn", multiply_by_onednn, load_onednn};
constexpr const DenseKernels* kOnednn = &kOnednnKernels;
constexpr std::string_view kWhyNoOnednn = "";
#else
constexpr const DenseKernels* kOnednn = nullptr;
constexpr std::string_view kWhyNoOnednn =
    "built without oneDNN; configure with -DSGDBENCH_ONEDNN=ON";
#endif

}  // namespace

const std::vector<KernelEntry>& kernel_catalog() {
  static const std::vector<KernelEntry> catalog{
      {"native", "our own GEMM, one thread, vectorised for the machine that built it", "",
       &kNativeKernels},
      {"onednn", "oneDNN's GEMM, compiled at run time for the machine that runs it", kWhyNoOnednn,
       kOnednn},
  };
  return catalog;
}

}  // namespace sgdbench
