// The default comparison: what `sgdbench run` does when nothing is named.
//
// The idea: a part of the suite is a piece of command line, so that it goes through the same table
// as what a user types, and each cell says how to repeat it.
#pragma once

#include <vector>

#include "cli/options.h"

namespace sgdbench {

/// What was given, completed: as it is where a workload and data are named; by each part of the
/// suite where neither is; by the parts for the named workload where data alone is left open.
/// Throws UsageError where that leaves no data or no workload.
std::vector<Given> parts_of(const Given& given);

}  // namespace sgdbench
