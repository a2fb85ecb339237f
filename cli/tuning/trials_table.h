// The trials of a search as a table: what was best, what lies beside it, what failed.
#pragma once

#include <span>
#include <string>

#include "results/record.h"
#include "results/tuning.h"

namespace sgdbench {

/// For each row (a configuration as its search left it: with the best settings, or the reason why
/// there are none) its trials, a line for each mini-batch and a column for each step, and a
/// sentence on the best. A row `interrupted` has no best.
std::string trials_table(std::span<const RunRecord> rows, std::span<const TuningTrial> trials);

}  // namespace sgdbench
