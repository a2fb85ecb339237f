// What the machine really gives, measured next to a run: shared machines promise cores that they
// do not deliver, and move them around.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace sgdbench {

struct MachineProbe {
  /// Pure-compute throughput of P threads over that of one thread, measured in turn: P on a
  /// machine that keeps its promise, 1 where the threads share one core.
  double parallel_capacity = 1;
  /// Median one-way time of a cache line between two of the workers' cores, nanoseconds; nothing
  /// for one worker, and where the two shared a core.
  std::optional<double> line_transfer_ns;
};

/// MachineProbe::parallel_capacity of `workers` threads, in about 18 ms.
double parallel_capacity(std::size_t workers, bool pin);
/// MachineProbe::line_transfer_ns of workers 0 and 1, in at most 10 ms.
std::optional<double> line_transfer_ns(bool pin);

/// Both, in about 20 ms. Workers beyond the usable cores are counted as asked for. With `pin`,
/// threads are tied as the workers of a run would be.
MachineProbe probe_machine(std::size_t workers, bool pin);

/// CPU time that each thread of this process has used so far, nanoseconds by thread id (Linux
/// /proc/self/task/*/schedstat; empty elsewhere).
std::map<int, std::uint64_t> thread_cpu_times();

/// Threads whose CPU time grew by more than `least_ns` between two readings.
std::size_t busy_threads(const std::map<int, std::uint64_t>& before,
                         const std::map<int, std::uint64_t>& after, std::uint64_t least_ns);

}  // namespace sgdbench
