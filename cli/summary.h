// The table at the end of `sgdbench run`, and what it says in a sentence.
#pragma once

#include <string>
#include <vector>

#include "results/record.h"

namespace sgdbench {

/// A table and a sentence for each workload and data set; medians over the repeats that are ok.
/// Rows that are not say their status and reason. Fits kScreen columns. Members come in the order
/// of `config_ids`.
std::string summary(const std::vector<RunRecord>& rows, const std::vector<std::string>& config_ids);

}  // namespace sgdbench
