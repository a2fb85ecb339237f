// Is what a backend computes the gradient? Checked before anything is timed.
#pragma once

#include <string>

#include "backends/backend.h"

namespace sgdbench {

struct Verification {
  bool ok = false;
  double error = 0;    ///< the largest relative difference found
  std::string reason;  ///< what differs, and where; "" when ok
};

/// The workload's naive reference gradient against central differences of its naive reference
/// loss, and the reported loss against the reference loss, at a random point.
Verification verify_workload(const Problem& problem, std::uint64_t seed);

/// Up to three updates of this backend from a random start against the same along the reference
/// gradients of what landed.
Verification verify_backend(const BackendEntry& backend, const RunSpec& spec,
                            const Problem& problem);

}  // namespace sgdbench
