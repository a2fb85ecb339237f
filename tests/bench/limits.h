// What this machine can do at best, measured in the same run as the kernels that are held against
// it: a share says more than a time, and survives a slow day.
#pragma once

#include <optional>

namespace sgdbench::bench {

struct Limits {
  double read_bytes_per_s = 0;  ///< one thread reading 128 MiB in order
  double flops_per_s = 0;       ///< one thread, independent multiply-adds in registers
  /// One way of a cache line between two cores; nothing where there is only one.
  std::optional<double> line_transfer_ns;
};

/// Measured at the first call, in about half a second.
const Limits& limits();

}  // namespace sgdbench::bench
