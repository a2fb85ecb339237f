// How the workloads use all cores without knowing what a thread is: the caller hands them a loop.
#pragma once

#include <cstddef>
#include <functional>

namespace sgdbench {

/// Calls body(i) for every i in [0, n), in any order, perhaps at the same time; returns when all
/// calls have. The first exception that a body throws is rethrown.
using ParallelFor =
    std::function<void(std::size_t n, const std::function<void(std::size_t)>& body)>;

/// The same on the calling thread alone, in order.
inline void serial_for(std::size_t n, const std::function<void(std::size_t)>& body) {
  for (std::size_t i = 0; i < n; ++i) body(i);
}

}  // namespace sgdbench
