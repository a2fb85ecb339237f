// From what one worker did to the durations that many can be simulated with; and real threads
// against the simulator that was told these.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/backend.h"
#include "backends/conditions/distribution.h"
#include "backends/run_spec.h"
#include "cli/setup.h"
#include "results/timeline.h"

namespace sgdbench {

/// Durations in the order in which they were measured.
struct MeasuredDurations {
  std::vector<Seconds> compute;  ///< each gradient's own time, without what was injected
  std::vector<Seconds> service;  ///< of the server, for each arrival and the pull that follows it
};

/// From the timeline of workers with a server; `spec` is what it ran under. The first gradients,
/// in which memory is touched for the first time, are left out.
MeasuredDurations measured_durations(const Timeline& timeline, const RunSpec& spec);

/// A file for `trace:FILE`: at most kMostLines durations, the last ones, under a heading.
inline constexpr std::size_t kMostLines = 20'000;
std::string trace_text(std::span<const Seconds> durations, std::string_view heading);

/// What can be measured on threads and predicted without them.
struct Observation {
  double epoch_s = 0;         ///< seconds for n example gradients
  double staleness_mean = 0;  ///< updates
  double staleness_p95 = 0;   ///< updates
  double wait_share = 0;      ///< of the workers' time
};

/// One configuration, repeat by repeat: each is calibrated, run and simulated within moments, so
/// that all three have met the same machine.
struct Validation {
  Setup setup;
  std::vector<Observation> measured, predicted;  ///< in pairs
  MeasuredDurations durations;                   ///< of the first repeat
};

/// Throws UsageError where the configuration can't be run on threads or simulated,
/// std::runtime_error where a run did not end by itself. Stops early when interrupted().
Validation validate(const Setup& setup, const BackendEntry& simulator, const Problem& problem);

/// Measures the durations under the configuration's conditions, of workers that never wait.
MeasuredDurations calibrate(const Setup& setup, const Problem& problem, std::uint64_t repeat);

std::string validation_table(const std::vector<Validation>& all);
std::string validation_csv(const std::vector<Validation>& all);

}  // namespace sgdbench
