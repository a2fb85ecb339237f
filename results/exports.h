// What services take that keep a history of benchmarks: one number per configuration.
//
// The number is the median time to the target where there is one, else for the work. A
// configuration that has none (nothing ok, or the target missed too often) is left out, as these
// formats know no other way to say so: left_out() names it.
//
// Sources: github-action-benchmark's README, "customSmallerIsBetter"; the reference of the Bencher
// Metric Format (BMF), whose built-in measure `latency` is in nanoseconds.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/reports.h"

namespace sgdbench {

struct ExportKind {
  std::string_view name;
  std::string (*render)(std::span<const RunRecord> runs, const ReportContext& context);
};
std::span<const ExportKind> export_kinds();

/// "name: why", for each configuration that the exports don't have.
std::vector<std::string> left_out(std::span<const RunRecord> runs);

}  // namespace sgdbench
