// Runs of the simulator that tests of theory share, and how far from a mean a test lets them be.
#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "tests/conformance.h"
#include "tests/theory/closed_forms.h"
#include "workloads/problem.h"

namespace sgdbench::theory {

/// Standard errors that a mean may be off: the normal distribution has 3.4e-7 beyond ±5.1. Samples
/// are of 10,000 and more, so that a skewness of 2 makes that at most 5e-7:
/// e^{skewness·5.1³/(6√n)} = 1.6 on one side, its inverse on the other.
inline constexpr double kSigmas = 5.1;

/// Eight workers of one distribution, and no data.
inline RunSpec timing(std::string protocol, std::string_view distribution, std::uint64_t updates,
                      std::size_t workers = 8) {
  RunSpec spec;
  spec.backend = "simulator";
  spec.protocol = std::move(protocol);
  spec.workers = workers;
  spec.simulation.compute_time = Distribution::parse(distribution);
  spec.updates = updates;
  spec.evaluations = 1;
  return spec;
}

/// The same with workers as a cluster says.
inline RunSpec timing_of(std::string protocol, std::string_view cluster, std::uint64_t updates) {
  RunSpec spec = timing(std::move(protocol), "constant:0", updates);
  spec.simulation.cluster = parse_cluster(cluster);
  spec.workers = workers_of(spec.simulation.cluster);
  return spec;
}

/// `message` parameters make a message of four times as many bytes.
inline RunOutcome simulate(const RunSpec& spec, std::size_t message = 0) {
  const auto nothing = make_nothing(message);
  const auto& simulator = testing::backend("simulator");
  REQUIRE(simulator.why_not(spec, *nothing) == "");
  auto outcome = testing::run(simulator, spec, *nothing);
  REQUIRE(outcome.stopped == Stopped::completed);
  REQUIRE(outcome.updates == spec.updates);
  return outcome;
}

inline double time_per_update(const RunSpec& spec, std::size_t message = 0) {
  return seconds(simulate(spec, message).wall) / static_cast<double>(spec.updates);
}

/// Whether the mean of `samples` independent ones is as near as it should be.
inline bool agrees(double mean, Moments distribution, double samples) {
  return std::abs(mean - distribution.mean) < kSigmas * std::sqrt(distribution.variance / samples);
}

}  // namespace sgdbench::theory
