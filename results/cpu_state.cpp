// A file that is missing means that nothing is known, never that something is off; a control group
// without one has no limit.
#include "results/cpu_state.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <tuple>

#ifdef SGDBENCH_USE_HWLOC
#include <hwloc.h>
#endif

namespace sgdbench {
namespace {

namespace fs = std::filesystem;

std::string first_word(const fs::path& path) {
  std::string word;
  std::ifstream(path) >> word;
  return word;
}

std::uint64_t ticks_of(const timeval& time) {
  const auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return static_cast<std::uint64_t>(time.tv_sec) * per_second +
         static_cast<std::uint64_t>(time.tv_usec) * per_second / 1'000'000;
}

/// The kernel refuses masks shorter than its own, whose length is not known beforehand. Empty where
/// there is no such thing.
std::vector<int> affinity_of_this_thread() {
  std::vector<int> cpus;
  for (std::size_t sets = 1; sets <= 1024 && cpus.empty(); sets *= 2) {
    std::vector<cpu_set_t> mask(sets);
    const std::size_t bytes = sets * sizeof(cpu_set_t);
    if (::sched_getaffinity(0, bytes, mask.data()) != 0) continue;
    for (std::size_t cpu = 0; cpu < 8 * bytes; ++cpu)
      if (CPU_ISSET_S(cpu, bytes, mask.data())) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

#ifdef SGDBENCH_USE_HWLOC

/// Puts one unit of each physical core first, and counts these.
void read_cores(hwloc_topology_t topology, Processors& found) {
  std::vector<std::vector<int>> by_core;
  for (hwloc_obj_t core = nullptr;
       (core = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, core)) != nullptr;) {
    std::vector<int> units;
    for (const int cpu : found.usable)
      if (hwloc_bitmap_isset(core->cpuset, static_cast<unsigned>(cpu))) units.push_back(cpu);
    if (!units.empty()) by_core.push_back(std::move(units));
  }
  std::vector<int> order;
  for (std::size_t rank = 0; rank < found.usable.size(); ++rank)
    for (const auto& units : by_core)
      if (rank < units.size()) order.push_back(units[rank]);
  if (order.size() != found.usable.size()) return;  // hwloc does not know all of them
  found.usable = std::move(order);
  found.physical_cores = by_core.size();
}

void read_caches(hwloc_topology_t topology, Processors& found) {
  constexpr const char* kTypes[] = {"Unified", "Data", "Instruction"};  // as hwloc numbers them
  const auto first = static_cast<unsigned>(found.usable.front());
  for (auto* at = hwloc_get_pu_obj_by_os_index(topology, first); at != nullptr; at = at->parent) {
    if (!hwloc_obj_type_is_cache(at->type)) continue;
    const auto& cache = at->attr->cache;
    found.caches.push_back({kTypes[cache.type], cache.depth, cache.size,
                            static_cast<std::size_t>(hwloc_bitmap_weight(at->cpuset))});
  }
  std::sort(found.caches.begin(), found.caches.end(), [](const Cache& a, const Cache& b) {
    return std::tie(a.level, a.type) < std::tie(b.level, b.type);
  });
}

void read_topology(Processors& found) {
  hwloc_topology_t topology = nullptr;
  if (hwloc_topology_init(&topology) != 0) return;
  const auto destroy = [](hwloc_topology_t made) { hwloc_topology_destroy(made); };
  const std::unique_ptr<hwloc_topology, decltype(destroy)> owner(topology, destroy);
  hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  hwloc_topology_set_icache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
  if (hwloc_topology_load(topology) != 0) return;
  read_cores(topology, found);
  read_caches(topology, found);
}

#else
void read_topology(Processors&) {}
#endif

}  // namespace

const Processors& processors() {
  static const Processors all = [] {
    Processors found;
    found.usable = affinity_of_this_thread();
    if (!found.usable.empty()) read_topology(found);
    return found;
  }();
  return all;
}

std::optional<bool> boost_enabled(const fs::path& root) {
  if (const auto off = first_word(root / "intel_pstate/no_turbo"); !off.empty()) return off == "0";
  if (const auto on = first_word(root / "cpufreq/boost"); !on.empty()) return on != "0";
  return std::nullopt;
}

std::optional<CpuTimes> parse_cpu_times(std::string_view text) {
  std::istringstream line{std::string(text.substr(0, text.find('\n')))};
  std::string name;
  std::uint64_t user = 0, nice = 0, system = 0, idle = 0, disk = 0, irq = 0, soft = 0, steal = 0;
  if (!(line >> name >> user >> nice >> system >> idle) || name != "cpu") return std::nullopt;
  line >> disk >> irq >> soft >> steal;  // older kernels end earlier
  return CpuTimes{.busy = user + nice + system + irq + soft, .idle = idle + disk, .steal = steal};
}

std::optional<CpuTimes> read_cpu_times() {
  std::string line;
  std::ifstream file("/proc/stat");
  std::getline(file, line);
  return parse_cpu_times(line);
}

std::uint64_t own_cpu_ticks() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return ticks_of(usage.ru_utime) + ticks_of(usage.ru_stime);
}

std::optional<CpuShares> shares_between(const CpuTimes& before, const CpuTimes& after,
                                        std::uint64_t own, std::size_t processors) {
  // The kernel's counts of idle time may go back a little.
  const auto grown = [](std::uint64_t from, std::uint64_t to) {
    return to > from ? static_cast<double>(to - from) : 0.0;
  };
  const double busy = grown(before.busy, after.busy), steal = grown(before.steal, after.steal);
  const double all = busy + steal + grown(before.idle, after.idle);
  if (!(all > 0)) return std::nullopt;
  const double others = busy > static_cast<double>(own) ? busy - static_cast<double>(own) : 0;
  return CpuShares{.steal = busy + steal > 0 ? steal / (busy + steal) : 0,
                   .others = others / all * static_cast<double>(processors)};
}

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
