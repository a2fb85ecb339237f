// Running the cells of a sweep.
//
// The idea: data is loaded once per data set and freed when its cells are done. Within one problem
// the repeats are interleaved over the configurations, so that a machine that grows slower during
// the sweep is unfair to nobody.
#pragma once

#include <vector>

#include "cli/cell.h"
#include "cli/progress.h"
#include "results/environment.h"
#include "results/record.h"

namespace sgdbench {

/// Appends a row per repeat of every cell to `rows`, in the order in which they ran. Returns when
/// all are done, or early when interrupted(): then the last row is `interrupted`. Throws
/// UsageError, BadData or MissingData; `rows` then has what was finished.
void execute(const std::vector<Cell>& cells, const Environment& environment, Progress& progress,
             std::vector<RunRecord>& rows);

/// Runs that execute() will make at most, warm-ups included.
std::size_t count_steps(const std::vector<Cell>& cells);

}  // namespace sgdbench
