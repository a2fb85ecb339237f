// One plain sentence on who won and why, from the numbers alone.
//
// The idea: time to target = time per epoch (hardware efficiency) × epochs to target (statistical
// efficiency), so an advantage splits into the two. Whether a configuration makes its workers wait
// is not known by name: updates that were stale are the sign of one that does not.
#pragma once

#include <string>

#include "cli/aggregate.h"

namespace sgdbench {

/// For one group, without a line break. The best that waits, the best that does not and the best
/// single worker, each at its batch and step. Those that can't be told apart are tied; with too few
/// repeats to tell, nobody wins; who did not come through in all repeats takes no part.
std::string conclude(const AggregateGroup& group);

}  // namespace sgdbench
