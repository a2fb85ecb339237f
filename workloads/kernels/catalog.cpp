#include "workloads/kernels/dense_kernels.h"
#include "workloads/kernels/native.h"
#ifdef SGDBENCH_HAVE_ONEDNN
#include "workloads/kernels/onednn.h"
#endif

namespace sgdbench {

const std::vector<KernelEntry>& kernel_catalog() {
  static const std::vector<KernelEntry> catalog{
      {"native", "our own GEMM, one thread, vectorised for the machine that built it", "",
       &kNativeKernels},
#ifdef SGDBENCH_HAVE_ONEDNN
      {"onednn", "oneDNN's GEMM, compiled at run time for the machine that runs it", "",
       &kOnednnKernels},
#else
      {"onednn", "oneDNN's GEMM, compiled at run time for the machine that runs it",
       "built without oneDNN; configure with -DSGDBENCH_ONEDNN=ON", nullptr},
#endif
  };
  return catalog;
}

}  // namespace sgdbench
