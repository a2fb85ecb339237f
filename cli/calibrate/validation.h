// Real threads against the simulator that was told what one of them takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/backend.h"
#include "cli/calibrate/laws.h"
#include "cli/configuration.h"

namespace sgdbench {

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
  Configuration configuration;
  std::vector<Observation> measured, predicted;  ///< in pairs
  MeasuredLaws laws;                             ///< of the first repeat
};

/// Throws UsageError where the configuration can't be run on threads or simulated,
/// std::runtime_error where a run did not end by itself. Stops early when interrupted().
Validation validate(const Configuration& configuration, const BackendEntry& simulator,
                    const Problem& problem);

/// Measures the laws under the configuration's conditions, of workers that never wait.
MeasuredLaws calibrate(const Configuration& configuration, const Problem& problem,
                       std::uint64_t repeat);

std::string validation_table(const std::vector<Validation>& all);
std::string validation_csv(const std::vector<Validation>& all);

}  // namespace sgdbench
