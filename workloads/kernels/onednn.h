// oneDNN's single-precision GEMM (https://github.com/oneapi-src/oneDNN). Only where it was built.
#pragma once

#include "workloads/kernels/dense_kernels.h"

namespace sgdbench {

extern const DenseKernels kOnednnKernels;

}  // namespace sgdbench
