// The share of the machine that a control group leaves to this process.
#pragma once

#include <filesystem>
#include <optional>

namespace sgdbench {

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
