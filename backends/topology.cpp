// Cores and pinning. hwloc says which processing units share a physical core; without it they are
// taken as they are numbered.
#include "backends/topology.h"

#include <sched.h>

#include <algorithm>

#ifdef SGDBENCH_USE_HWLOC
#include <hwloc.h>
#endif

namespace sgdbench {
namespace {

/// An affinity mask as the kernel has it: bit c of it is processor c.
using Mask = std::vector<unsigned char>;

cpu_set_t* as_set(Mask& mask) {
  return reinterpret_cast<cpu_set_t*>(mask.data());
}

/// The kernel refuses masks shorter than its own, whose length is not known beforehand. Empty where
/// there is no such thing.
Mask affinity_of_this_thread() {
  for (std::size_t bytes = sizeof(cpu_set_t); bytes <= std::size_t{1} << 17; bytes *= 2) {
    Mask mask(bytes);
    if (::sched_getaffinity(0, bytes, as_set(mask)) == 0) return mask;
  }
  return {};
}

std::vector<int> members(Mask mask) {
  std::vector<int> cpus;
  for (std::size_t cpu = 0; cpu < mask.size() * 8; ++cpu)
    if (CPU_ISSET_S(cpu, mask.size(), as_set(mask))) cpus.push_back(static_cast<int>(cpu));
  return cpus;
}

#ifdef SGDBENCH_USE_HWLOC

/// First one unit of each physical core, neighbouring cores side by side; then each core's second
/// unit, and so on. Empty where hwloc can't tell.
std::vector<int> physical_cores_first(const std::vector<int>& allowed) {
  hwloc_topology_t topology = nullptr;
  if (hwloc_topology_init(&topology) != 0) return {};
  std::vector<int> order;
  if (hwloc_topology_load(topology) == 0) {
    std::vector<std::vector<int>> by_core;
    for (hwloc_obj_t core = nullptr;
         (core = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, core)) != nullptr;) {
      auto& units = by_core.emplace_back();
      for (const int cpu : allowed)
        if (hwloc_bitmap_isset(core->cpuset, static_cast<unsigned>(cpu))) units.push_back(cpu);
    }
    for (std::size_t rank = 0; rank < allowed.size(); ++rank)
      for (const auto& units : by_core)
        if (rank < units.size()) order.push_back(units[rank]);
  }
  hwloc_topology_destroy(topology);
  return order;
}

#else

std::vector<int> physical_cores_first(const std::vector<int>&) {
  return {};
}

#endif

std::vector<int> order_cpus() {
  auto allowed = members(affinity_of_this_thread());
  auto order = physical_cores_first(allowed);
  return order.size() == allowed.size() ? order : allowed;
}

}  // namespace

const std::vector<int>& usable_cpus() {
  static const std::vector<int> cpus = order_cpus();
  return cpus;
}

bool pin_this_thread(std::size_t worker) {
  const auto& cpus = usable_cpus();
  if (worker >= cpus.size()) return false;
  Mask mask(std::max(sizeof(cpu_set_t), static_cast<std::size_t>(cpus[worker]) / 8 + 8) / 8 * 8);
  CPU_SET_S(static_cast<std::size_t>(cpus[worker]), mask.size(), as_set(mask));
  return ::sched_setaffinity(0, mask.size(), as_set(mask)) == 0;
}

AffinityGuard::AffinityGuard() : mask_(affinity_of_this_thread()) {}

AffinityGuard::~AffinityGuard() {
  // A failure leaves the thread where it was pinned; nobody could do better here.
  if (!mask_.empty()) ::sched_setaffinity(0, mask_.size(), as_set(mask_));
}

std::string topology_library() {
#ifdef SGDBENCH_USE_HWLOC
  return std::string("hwloc ") + HWLOC_VERSION;
#else
  return {};
#endif
}

}  // namespace sgdbench
