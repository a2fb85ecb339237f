// What this machine is and what it can measure today, for `doctor` and for the warning of a run.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "backends/latency.h"
#include "results/cpu_state.h"
#include "results/environment.h"
#include "results/resolution.h"

namespace sgdbench {

/// What is not known, or was not measured, is empty.
struct MachineReport {
  Environment environment;
  std::size_t workers = 1;                    ///< threads that "all threads" means
  std::size_t cores_affinity = 0;             ///< processors in the affinity mask
  std::optional<std::size_t> physical_cores;  ///< that these lie on
  std::optional<bool> boost;

  std::optional<CpuShares> shares;      ///< while it was measured
  std::optional<double> bandwidth_one;  ///< bytes per second that one thread reads
  std::optional<double> bandwidth_all;  ///< and all together
  std::vector<double> capacity;         ///< of 2, 3 … workers threads (probe.h)
  std::optional<double> line_transfer_ns, barrier_ns, wake_up_ns;
  std::optional<ClockCost> clock;
  std::optional<Noise> noise_one, noise_all;  ///< of runs of a second
};

/// What can be had without measuring, in well under a millisecond per processor.
MachineReport known_machine(const Environment& environment, std::size_t workers);

/// All of it. The threads are tied to cores where there are enough, as those of a run are.
MachineReport examine_machine(const Environment& environment, std::size_t workers);

/// Roughly how long examine_machine() takes on a quiet machine.
double examination_seconds(std::size_t workers);

}  // namespace sgdbench
