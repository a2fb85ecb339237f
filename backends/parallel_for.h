// The loop over all cores that workloads are handed for loading and evaluation.
#pragma once

#include <cstddef>

#include "workloads/parallel.h"

namespace sgdbench {

/// A ParallelFor on `threads` threads that live as long as it (and its copies) do; items are
/// handed out one at a time, in order. With one thread it is serial_for.
ParallelFor threaded_for(std::size_t threads);

}  // namespace sgdbench
