// What one all-reduce takes, by itself.
//
// The idea: the time of a rank in a collective is waiting for the last rank to arrive, and moving
// bytes; only the second is the network's. A barrier in front takes the first away, and its time is
// told apart.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/conditions/distribution.h"
#include "backends/simulator/simulation.h"

namespace sgdbench {

struct CollectiveTask {
  AllReduce how = AllReduce::library;
  std::uint64_t bytes = 0;  ///< of each rank's vector; rounded up to whole numbers
  std::uint64_t repeats = 1;
};

struct CollectiveTimes {
  /// Of each repeat, the slowest rank's time from the barrier on.
  std::vector<Seconds> moving;
  Seconds waiting = 0;      ///< mean over ranks and repeats, in the barrier
  std::uint64_t wrong = 0;  ///< results that are not the sum, on all ranks in all repeats
};

/// Measures it among all ranks of the job, of which there are several; on rank 0 of a job that it
/// leads, or on all ranks together. Numbers are such that every sum is exact.
CollectiveTimes measure_collective(const CollectiveTask& task);

/// The same on all ranks.
CollectiveTimes time_collective(const CollectiveTask& task);

}  // namespace sgdbench
