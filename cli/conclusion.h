// One plain sentence on who won and why, from the numbers alone.
//
// The idea: time to target = time per epoch (hardware efficiency) × epochs to target (statistical
// efficiency), so an advantage splits into the two. Whether a configuration makes its workers wait
// is not known by name: updates that were stale are the sign of one that does not.
#pragma once

#include <string>

#include "cli/aggregate.h"

namespace sgdbench {

/// For one group, without a line break. Where the ranges of the repeats overlap, it says that they
/// are level and names no winner.
std::string conclude(const AggregateGroup& group);

}  // namespace sgdbench
