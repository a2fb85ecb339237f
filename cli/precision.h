// How well the repeats so far know a configuration's time: for --until-ci.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"

namespace sgdbench {

/// Half the 95 % interval of the median time, as a share of the median: of the time to the target
/// where the rows have one, else of the training time. Nothing with too few repeats, and where half
/// of them missed the target.
std::optional<double> relative_half_width(const std::vector<RunRecord>& rows,
                                          std::string_view config_id);

/// Whether every configuration that had an `ok` row is known to ±`share`, or will never be: where
/// half of ten repeats or more missed the target.
bool precise(const std::vector<RunRecord>& rows, std::string_view workload_rows_of, double share);

}  // namespace sgdbench
