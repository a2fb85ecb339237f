// A file that is missing means that nothing is known, never that something is off.
#include "results/cpu_state.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

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

}  // namespace

std::optional<bool> boost_enabled(const fs::path& root) {
  if (const auto off = first_word(root / "intel_pstate/no_turbo"); !off.empty()) return off == "0";
  if (const auto on = first_word(root / "cpufreq/boost"); !on.empty()) return on != "0";
  return std::nullopt;
}

std::optional<std::size_t> physical_cores(const fs::path& root, std::span<const int> cpus) {
  std::set<std::string> cores;  // each named by the list of processors on it
  for (const int cpu : cpus) {
    const auto folder = root / ("cpu" + std::to_string(cpu)) / "topology";
    const auto siblings = first_word(folder / "thread_siblings_list");
    if (siblings.empty()) return std::nullopt;
    cores.insert(siblings);
  }
  return cores.size();
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

}  // namespace sgdbench
