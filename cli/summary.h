// The table at the end of `sgdbench run`, and what it says in a sentence.
#pragma once

#include <string>
#include <vector>

#include "results/arrangement.h"
#include "results/record.h"

namespace sgdbench {

/// A table and a sentence for each workload and data set; medians over the repeats that are ok.
/// Rows that are not say their status and reason. Fits kScreen columns. The tables show what the
/// layout shows, in the order of `config_ids` if it is not sorted; the sentence is about all.
std::string summary(const std::vector<RunRecord>& rows, const std::vector<std::string>& config_ids,
                    const Layout& layout = {});

}  // namespace sgdbench
