// The processors and memory that this process may use: which cores and caches there are, turbo, who
// used the time, and the share that a control group leaves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sgdbench {

/// One of the caches of a core.
struct Cache {
  std::string type;  ///< Data, Instruction, Unified
  std::uint64_t level = 0, bytes = 0;
  std::size_t sharing = 0;  ///< logical processors that share it
};

/// By hwloc; where the program was built without, or hwloc can't tell, `usable` is in ascending
/// order and the rest is unknown.
struct Processors {
  /// The system's numbers of those that this process may use, as it was when that was first asked:
  /// first one of each physical core, neighbouring cores side by side; then each core's second one,
  /// and so on.
  std::vector<int> usable;
  std::optional<std::size_t> physical_cores;  ///< that these lie on
  std::vector<Cache> caches;                  ///< of the first one's core, the smallest level first
};
const Processors& processors();
inline const std::vector<int>& usable_cpus() {
  return processors().usable;
}

/// Whether a busy core may exceed its nominal clock rate (intel_pstate/no_turbo, cpufreq/boost);
/// nothing where the kernel doesn't say, as in a virtual machine. `root` is
/// /sys/devices/system/cpu.
std::optional<bool> boost_enabled(const std::filesystem::path& root);

/// Ticks of all processors together since the machine started.
struct CpuTimes {
  std::uint64_t busy = 0;   ///< spent on programs and the kernel
  std::uint64_t idle = 0;   ///< nothing to do, or waiting for a disk
  std::uint64_t steal = 0;  ///< there was something to do, but the host ran another machine
};

/// Reads the "cpu" line of /proc/stat's text; nothing if it has none.
std::optional<CpuTimes> parse_cpu_times(std::string_view text);
std::optional<CpuTimes> read_cpu_times();

/// Ticks that this process itself has used.
std::uint64_t own_cpu_ticks();

/// How processor time was shared out between two readings.
struct CpuShares {
  double steal = 0;   ///< of the time that was asked for (idle time can't be stolen)
  double others = 0;  ///< cores' worth that other processes used
};

/// Nothing where no time passed. `own` are this process's ticks in between, on a machine of
/// `processors`.
std::optional<CpuShares> shares_between(const CpuTimes& before, const CpuTimes& after,
                                        std::uint64_t own, std::size_t processors);

/// The smallest CPU quota, in cores, of this process's control group and those above it; nothing
/// where there is none. Reads version 2 (cpu.max) and version 1 (cpu.cfs_quota_us). `membership`
/// is /proc/self/cgroup, `root` is where the control groups are mounted.
std::optional<double> cgroup_quota(const std::filesystem::path& membership,
                                   const std::filesystem::path& root);

/// Bytes that are left below the tightest memory limit of those groups (memory.max and
/// memory.current; version 1: memory.limit_in_bytes and memory.usage_in_bytes).
std::optional<double> cgroup_memory_left(const std::filesystem::path& membership,
                                         const std::filesystem::path& root);

}  // namespace sgdbench
