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

}  // namespace sgdbench
