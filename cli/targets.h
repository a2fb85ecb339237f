// What a sweep is asked to reach: checked before anything is trained, and turned into losses.
#pragma once

#include <optional>
#include <vector>

#include "cli/cell.h"
#include "cli/progress.h"
#include "cli/run_record.h"

namespace sgdbench {

/// Throws UsageError for targets that can be seen to make no sense: an optimum of a workload that
/// has none, two targets for the loss, a pause without a target.
void check_targets(const std::vector<Cell>& cells);

/// The same for what needs the data: held-out accuracy where nothing is held out.
void check_target(const Cell& cell, const Problem& problem);

/// Throws UsageError where the search for settings would have nothing to choose from: a mini-batch
/// of more examples than there are.
void check_tuning(const Cell& cell, const Problem& problem);

/// The optimum of the problem that these cells share, where one of their targets needs it. Throws
/// NotConverged.
std::optional<OptimumFacts> optimum_for(const std::vector<Cell>& cells, const Problem& problem,
                                        const TrainTest& data, const ParallelFor& parallel,
                                        Progress& progress, bool use_cache);

}  // namespace sgdbench
