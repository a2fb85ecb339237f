// One configuration of one run, fixed before it starts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/conditions/conditions.h"
#include "backends/simulator/simulation.h"
#include "workloads/rules/rule.h"
#include "workloads/sample_order.h"
#include "workloads/step_size.h"

namespace sgdbench {

/// Which worker takes which mini-batches.
enum class Assign {
  dynamic,     ///< whoever is free takes the next: a fast worker makes more updates
  round_robin  ///< run k goes to worker k mod P: each keeps to its own share
};

/// Where the points of the loss curve lie, in examples.
enum class Spacing {
  even,      ///< at equal distances
  geometric  ///< at equal ratios, from a thousandth of the run to its end
};

/// Of staleness.
inline constexpr std::uint64_t kNoLimit = UINT64_MAX;

/// An immutable value: a run never changes its configuration.
struct RunSpec {
  std::string backend;             ///< a name of the registry
  std::string protocol = "async";  ///< parameter servers (protocol.h)
  std::string write = "store";     ///< hogwild: store or cas
  std::uint64_t persistence =
      0;  ///< leashed: failed publications before a gradient is dropped; 0: never
  /// Gradients that were more updates old when they arrived are thrown away, and their examples
  /// dealt again; kNoLimit: none is.
  std::uint64_t max_staleness = kNoLimit;
  std::uint64_t exchange = 1024;  ///< downpour: examples between two exchanges of a replica
  std::size_t workers = 1;
  bool pin = false;  ///< worker k to the k-th core of this process's own
  std::string kernels = "native";
  RuleSpec rule;
  std::size_t batch = 1;  ///< each worker's mini-batch
  StepSize step;
  Shuffle shuffle;
  Assign assign = Assign::dynamic;
  Conditions conditions;
  Simulation simulation;   ///< backends with a virtual clock
  std::uint64_t seed = 1;  ///< of the initial parameters and of the order of examples

  std::uint64_t epochs = 1;
  std::uint64_t updates = 0;  ///< stop after so many of the shared parameters; 0: no limit
  double max_seconds = 0;     ///< of training; 0: no limit
  /// The epochs and updates that the step size's schedule is made for, where this run is planned as
  /// a part of a longer one; 0 epochs: its own.
  std::uint64_t whole_epochs = 0, whole_updates = 0;
  /// Off: no loss curve between start and end, no staleness, no lost updates, no phases. What is
  /// left is the training alone; the difference is what measuring costs.
  bool recording = true;
  std::size_t evaluations = 0;  ///< points of the loss curve after the first; 0: curve_points()
  bool to_target = false;       ///< the curve is to tell when something was reached
  Spacing spacing = Spacing::even;
  std::size_t timeline_slices = 0;  ///< kept of each worker's timeline; 0: there is none
  /// List what landed, and what it was computed from, so that a run can be recomputed.
  bool landings = false;
};

/// Whether what a gradient was computed at is wanted when it lands.
inline bool keeps_read(const RunSpec& spec) {
  return needs(spec.step.policy, kNeedsReadParameters);
}

/// All distributions of a configuration: of what it is exposed to, and of what is simulated.
inline std::vector<const Distribution*> distributions_of(const RunSpec& spec) {
  std::vector<const Distribution*> distributions{
      &spec.conditions.compute_delay, &spec.conditions.latency, &spec.simulation.compute_time,
      &spec.simulation.service};
  for (const auto& workers : spec.simulation.cluster) distributions.push_back(&workers.compute);
  return distributions;
}

}  // namespace sgdbench
