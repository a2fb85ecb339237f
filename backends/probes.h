// What the machine really gives, measured next to a run or for `doctor`: shared machines promise
// cores that they do not deliver, and move them around.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "results/cpu_state.h"
#include "results/environment.h"
#include "results/statistics.h"

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

/// How fast the machine is beside a run: the time of two fixed pieces of work that no change of the
/// program makes slower. A report that was made at another pace can't tell a slower program from a
/// slower machine. Per thread, while all do the same; nothing where no thread got anything done.
struct Pace {
  std::optional<double> compute_ns;  ///< of a unit of multiplications and additions
  std::optional<double> read_ns;     ///< of 64 KiB, out of a range that no core's own cache holds
};

/// Of as many threads as there are workers, but no more than usable cores; about 10 ms.
Pace measure_pace(std::size_t workers, bool pin);

/// The mean of two of them.
Pace mean_of(const Pace& a, const Pace& b);

/// Median nanoseconds of one meeting of `workers` threads at a Barrier. Nothing for one worker, and
/// where so many threads can't be had. About 20 ms, half a second where threads share cores.
std::optional<double> barrier_ns(std::size_t workers, bool pin);

/// Median nanoseconds from the moment at which a thread is woken to the one at which it runs, when
/// it has slept for a third of a millisecond. About 40 ms.
std::optional<double> wake_up_ns();

struct ClockCost {
  double resolution_ns = 0;  ///< smallest difference between two readings that differ
  double call_ns = 0;        ///< time of one reading
};
ClockCost clock_cost();

/// Bytes: enough not to fit into the caches of most machines.
inline constexpr std::size_t kBeyondCaches = std::size_t{128} << 20;

/// How fast memory can be read, the limit of every sparse or large dense model: bytes per second
/// that `threads` threads read in order, each its own part of `bytes`: the best of
/// some rounds, because a limit is what nothing disturbed. Nothing where threads or memory can't be
/// had.
std::optional<double> read_bandwidth(std::size_t threads, bool pin,
                                     std::size_t bytes = kBeyondCaches);

/// Units of multiplications and additions that take about `seconds` on a quiet core.
std::size_t units_in(double seconds);

/// How much the times of equal pieces of work differ is the machine's noise: seconds of each of a
/// row of pieces of `units` units, as many as fit into `budget_s` seconds, and
/// one at least. Each of `threads` threads does a piece of that size, and it is over when the last
/// one is done, as in a synchronous step. Empty where so many threads can't be had.
std::vector<double> time_pieces(std::size_t threads, bool pin, std::size_t units, double budget_s);

/// What this machine is and what it can measure today. What is not known, or was not measured, is
/// empty.
struct MachineReport {
  Environment environment;
  std::size_t workers = 1;                    ///< threads that "all threads" means
  std::size_t cores_affinity = 0;             ///< processors in the affinity mask
  std::optional<std::size_t> physical_cores;  ///< that these lie on
  std::optional<bool> boost;

  std::optional<CpuShares> shares;      ///< while it was measured
  std::optional<double> bandwidth_one;  ///< bytes per second that one thread reads
  std::optional<double> bandwidth_all;  ///< and all together
  std::vector<double> capacity;         ///< of 2, 3 … workers threads
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
