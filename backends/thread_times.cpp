// Which threads of this process used a core: the scheduler's own books.
#include <filesystem>
#include <fstream>

#include "backends/probe.h"
#include "workloads/names.h"

namespace sgdbench {

std::map<int, std::uint64_t> thread_cpu_times() {
  namespace fs = std::filesystem;
  std::map<int, std::uint64_t> times;
  std::error_code error;
  fs::directory_iterator task("/proc/self/task", error);
  for (; !error && task != fs::directory_iterator(); task.increment(error)) {
    const std::string name = task->path().filename().string();
    const auto id = parse_number<int>(name);
    if (!id) continue;
    // "time on a core, time waiting for one, time slices"; a thread may end while we look.
    std::uint64_t on_core = 0;
    if (std::ifstream(task->path() / "schedstat") >> on_core) times[*id] = on_core;
  }
  return times;
}

std::size_t busy_threads(const std::map<int, std::uint64_t>& before,
                         const std::map<int, std::uint64_t>& after, std::uint64_t least_ns) {
  std::size_t busy = 0;
  for (const auto& [id, time] : after) {
    const auto earlier = before.find(id);
    const std::uint64_t start = earlier == before.end() ? 0 : earlier->second;
    if (time > start && time - start > least_ns) ++busy;
  }
  return busy;
}

}  // namespace sgdbench
