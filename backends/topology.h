// Which cores this process has, and tying a thread to one.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sgdbench {

/// Operating-system numbers of the processing units that this process may use, one per physical
/// core first (hwloc; without it, the affinity mask in ascending order).
const std::vector<int>& usable_cpus();

/// Ties the calling thread to usable_cpus()[worker]; false where that does not exist or the
/// system refuses.
bool pin_this_thread(std::size_t worker);

/// The calling thread's affinity as it was when made; restored when destroyed. For threads that
/// are borrowed (the main thread, OpenMP's).
class AffinityGuard {
 public:
  AffinityGuard();
  ~AffinityGuard();
  AffinityGuard(const AffinityGuard&) = delete;
  AffinityGuard& operator=(const AffinityGuard&) = delete;

 private:
  std::vector<unsigned char> mask_;
};

/// "hwloc 2.9.0", or "" where built without.
std::string topology_library();

}  // namespace sgdbench
