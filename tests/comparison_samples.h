// Reports for the tests of comparisons.
#pragma once

#include <string>
#include <vector>

#include "results/comparison/comparison.h"

namespace sgdbench {

/// A repeat per value of a metric, all of one configuration.
inline std::vector<RunRecord> runs_with(std::optional<double> RunRecord::*metric,
                                        const std::vector<double>& values,
                                        const std::string& config_id = "c1") {
  std::vector<RunRecord> runs(values.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].run_id = config_id + "-" + std::to_string(i);
    runs[i].config_id = config_id;
    runs[i].repeat = i;
    runs[i].status = "ok";
    runs[i].clock = "real";
    runs[i].*metric = values[i];
  }
  return runs;
}

/// The verdict on the time for the work.
inline Finding compare_times(const std::vector<double>& before, const std::vector<double>& after,
                             const ComparisonOptions& options = {}) {
  const auto base = runs_with(&RunRecord::wall_s, before),
             now = runs_with(&RunRecord::wall_s, after);
  auto finding = compare(base, now, options).findings.at(0);
  finding.base = finding.now = nullptr;  // they go away here
  return finding;
}

}  // namespace sgdbench
