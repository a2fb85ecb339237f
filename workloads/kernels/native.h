// Our own single-threaded dense kernels: nothing to install, no thread pool to collide with.
#pragma once

#include "workloads/kernels/dense_kernels.h"

namespace sgdbench {

extern const DenseKernels kNativeKernels;

}  // namespace sgdbench
