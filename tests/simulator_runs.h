// What the simulator's tests share: runs of no problem at all, for their times.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "backends/simulator/simulation.h"
#include "tests/conformance.h"
#include "workloads/problem.h"

namespace sgdbench::testing {

inline constexpr const char* kEveryProtocol[] = {
    "async",          "bsp",       "ssp:0",           "ssp:4",   "k-sync:1",      "k-sync:3",
    "k-batch-sync:4", "k-async:2", "k-batch-async:4", "local:4", "elastic:0.1,3", "ringmaster:3"};

inline const BackendEntry& simulator() {
  return backend("simulator");
}

inline const Problem& nothing(std::size_t parameters = 0) {
  static std::map<std::size_t, std::unique_ptr<Problem>> made;
  auto& problem = made[parameters];
  if (!problem) problem = make_nothing(parameters);
  return *problem;
}

inline RunSpec timing_spec(const std::string& protocol, std::size_t workers, std::uint64_t updates,
                           const std::string& distribution) {
  RunSpec spec;
  spec.backend = "simulator";
  spec.protocol = protocol;
  spec.workers = workers;
  spec.updates = updates;
  spec.simulation.compute_time = Distribution::parse(distribution);
  return spec;
}

inline RunOutcome simulate(const RunSpec& spec, const Problem& problem) {
  return run(simulator(), spec, problem);
}

}  // namespace sgdbench::testing
