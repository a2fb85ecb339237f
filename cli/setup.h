// A configuration with nothing left open: what a run, a row of a report and a check of a backend
// need.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backends/backend.h"
#include "cli/configuration.h"

namespace sgdbench {

/// What was found for a configuration that asks for tuned settings.
struct Tuned {
  Settings settings;
  std::uint64_t trials = 0;
  double seconds = 0;  ///< that the search took, which is in no other time
  std::optional<StepRange> within_tenth, within_twice;
};

/// The row of the registry whose make() makes what runs the configuration.
const BackendEntry& backend_of(const Configuration& configuration);

struct Setup {
  Configuration configuration;
  RunSpec spec;  ///< of repeat 0; repeat r adds r to the seed
  std::optional<Tuned> tuned;
  const BackendEntry* backend = nullptr;
  bool settled = false;  ///< what was `auto` is decided
  std::string id;        ///< config_id
  std::string command;   ///< repeats it
};

/// Settles what is `auto`: the batch by workload and strategy, the step size by the examples that
/// an update averages and by the rule, its schedule by the workload, epochs by --updates, pinning
/// by the cores there are. A mini-batch is never larger than the data. What is `tuned` is as in
/// `tuned`, or as if it were `auto` before anything has been found.
Setup settle(const Configuration& configuration, const Problem& problem, std::size_t cores,
             const std::optional<Tuned>& tuned = std::nullopt);

/// The same before a problem is known: what is `auto` stays 0.
Setup unsettled(const Configuration& configuration);

/// The configuration with these as numbers, and nothing left to be tuned.
Configuration with_settings(const Configuration& configuration, const Settings& settings);

/// Passes over n examples that surely hold so many updates, in each of which at most so many
/// examples land.
std::uint64_t enough_epochs(std::uint64_t updates, std::uint64_t n, std::uint64_t landing);

// What the loss curve's copies of the parameters cost, before anything is trained.
//
// The idea: points that no option asks for can be fewer; points that were asked for are taken or
// refused, with the numbers.

/// Sets the number of points of a settled configuration that asks for none, so that the copies fit
/// into half of `available` bytes (all of its points where workers pause to evaluate: that keeps
/// none). Returns "" or why the points that were asked for can't be taken.
std::string settle_curve(Setup& setup, const Problem& problem, std::uint64_t available);

}  // namespace sgdbench
