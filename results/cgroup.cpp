// Limits of control groups. A file that is missing means that there is no limit there.
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

/// Pages of files that are given back when memory is short.
double reclaimable(const fs::path& group) {
  std::ifstream file(group / "memory.stat");
  std::string name;
  double bytes = 0;
  while (file >> name >> bytes)
    if (name == "inactive_file" || name == "total_inactive_file") return bytes;
  return 0;
}

/// "max" is no limit; a limit that is already passed leaves nothing.
Quota left(const fs::path& group, const char* limit_file, const char* used_file) {
  double limit = 0, used = 0;
  if (!(std::ifstream(group / limit_file) >> limit)) return {};
  if (!(std::ifstream(group / used_file) >> used)) return {};
  return std::max(0.0, limit - used + reclaimable(group));
}
Quota memory_version_2(const fs::path& group) {
  return left(group, "memory.max", "memory.current");
}
Quota memory_version_1(const fs::path& group) {
  return left(group, "memory.limit_in_bytes", "memory.usage_in_bytes");
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

/// What is read of one controller's groups.
struct Controller {
  std::string name;  ///< of version 1
  Quota (*version_2)(const fs::path&);
  Quota (*version_1)(const fs::path&);
};

bool names(const std::string& controllers, const std::string& one) {
  return (',' + controllers + ',').find(',' + one + ',') != std::string::npos;
}

Quota tightest(const fs::path& membership, const fs::path& root, const Controller& controller) {
  Quota quota;
  std::ifstream file(membership);
  for (std::string line; std::getline(file, line);) {  // hierarchy:controllers:path
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty())
      quota = smaller(quota, smallest_upwards(root, group, controller.version_2));
    else if (names(controllers, controller.name))
      quota = smaller(quota, smallest_upwards(root / controller.name, group, controller.version_1));
  }
  return quota;
}

}  // namespace

std::optional<double> cgroup_quota(const fs::path& membership, const fs::path& root) {
  return tightest(membership, root, {"cpu", read_version_2, read_version_1});
}

std::optional<double> cgroup_memory_left(const fs::path& membership, const fs::path& root) {
  return tightest(membership, root, {"memory", memory_version_2, memory_version_1});
}

}  // namespace sgdbench
