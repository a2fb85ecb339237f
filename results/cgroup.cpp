// CPU quotas of control groups. A file that is missing means that there is no limit there.
#include "results/cgroup.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace sgdbench {
namespace {

namespace fs = std::filesystem;
using Quota = std::optional<double>;

Quota cores(double quota, double period) {
  if (!(quota > 0) || !(period > 0)) return {};
  return quota / period;
}

/// cpu.max: "quota period", or "max period" for no limit.
Quota read_version_2(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  double quota = 0, period = 0;
  if (!(file >> quota >> period)) return {};
  return cores(quota, period);
}

/// A quota of -1 is no limit.
Quota read_version_1(const fs::path& group) {
  double quota = 0, period = 0;
  std::ifstream(group / "cpu.cfs_quota_us") >> quota;
  std::ifstream(group / "cpu.cfs_period_us") >> period;
  return cores(quota, period);
}

Quota smaller(Quota a, Quota b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

/// The group and all above it. Inside a container the path is often the host's and does not exist
/// under `mount`; the groups above it still lead to the container's own, at the mount itself.
Quota smallest_upwards(const fs::path& mount, fs::path group, Quota (*read)(const fs::path&)) {
  Quota quota = read(mount);
  for (; group.has_relative_path(); group = group.parent_path())
    quota = smaller(quota, read(mount / group.relative_path()));
  return quota;
}

bool names_cpu(const std::string& controllers) {
  return (',' + controllers + ',').find(",cpu,") != std::string::npos;
}

}  // namespace

std::optional<double> cgroup_quota(const fs::path& membership, const fs::path& root) {
  Quota quota;
  std::ifstream file(membership);
  for (std::string line; std::getline(file, line);) {  // hierarchy:controllers:path
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty())
      quota = smaller(quota, smallest_upwards(root, group, read_version_2));
    else if (names_cpu(controllers))
      quota = smaller(quota, smallest_upwards(root / "cpu", group, read_version_1));
  }
  return quota;
}

}  // namespace sgdbench
