// Reading the machine. Everything comes from files and calls that may be missing in a container or
// on another system: what can't be read stays empty. The build is as it was fixed when this file
// was compiled.
#include "results/environment.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "results/text.h"

namespace sgdbench {
namespace {

const std::filesystem::path kCpu = "/sys/devices/system/cpu/cpu0";

std::string first_line(const std::filesystem::path& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

/// The value of the first "key : value" line of a /proc file.
std::string value_of(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const auto start = line.find_first_not_of(" \t:", key.size());
    return start == std::string::npos ? std::string{} : line.substr(start);
  }
  return {};
}

/// What a text begins with; 0 where that is no number.
template <class Number>
Number number_in(std::string_view text) {
  return read_number<Number>(text).value;
}

/// "1234 kB" in bytes.
std::uint64_t kilobytes(std::string_view text) {
  return number_in<std::uint64_t>(text) * 1024;
}

std::size_t online_cores() {
  return static_cast<std::size_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

std::optional<double> own_quota() {
  return cgroup_quota("/proc/self/cgroup", "/sys/fs/cgroup");
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  char text[sizeof "2000-01-01T00:00:00Z"];
  if (!::gmtime_r(&now, &utc) || !std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc))
    return {};
  return text;
}

void read_machine(Environment& machine) {
  machine.cpu_model = value_of("/proc/cpuinfo", "model name");
  machine.mhz_per_cpu = number_in<double>(value_of("/proc/cpuinfo", "cpu MHz"));
  machine.governor = first_line(kCpu / "cpufreq/scaling_governor");
  machine.caches = processors().caches;
  machine.cores_online = online_cores();
  machine.cores_available = available_cores();
  machine.cgroup_quota = own_quota();
  machine.memory_bytes = kilobytes(value_of("/proc/meminfo", "MemTotal"));
  if (double load[3]; ::getloadavg(load, 3) == 3) machine.load_average.assign(load, load + 3);
  if (utsname names{}; ::uname(&names) == 0) {
    machine.kernel = fmt::format("{} {} {}", names.sysname, names.release, names.machine);
    // Two reports of one machine agree in it, and its name stays private.
    machine.hostname_hash = hex_text(text_number(names.nodename));
  }
}

}  // namespace

std::size_t available_cores() {
  std::size_t cores = usable_cpus().size();
  if (cores == 0) cores = online_cores();
  if (const auto quota = own_quota(); quota && *quota < static_cast<double>(cores))
    cores = static_cast<std::size_t>(*quota);
  return std::max<std::size_t>(1, cores);
}

std::uint64_t available_memory_bytes() {
  const std::uint64_t machine = kilobytes(value_of("/proc/meminfo", "MemAvailable"));
  const auto group = cgroup_memory_left("/proc/self/cgroup", "/sys/fs/cgroup");
  return group && *group < static_cast<double>(machine) ? static_cast<std::uint64_t>(*group)
                                                        : machine;
}

Environment read_environment() {
  Environment environment;
  read_machine(environment);
  environment.compiler = compiler();
  environment.flags = compiler_flags();
  environment.build_type = build_type();
  environment.instruction_set = instruction_set();
  environment.version = version();
  environment.git_revision = kGitRevision;
  environment.started_at = utc_now();
  return environment;
}

void add_environment(RunRecord& row, const Environment& environment) {
  row.host = environment.hostname_hash;
  row.cpu_model = environment.cpu_model;
  row.cores_available = environment.cores_available;
  row.compiler = environment.compiler;
  row.build = environment.build_type + ' ' + environment.flags;
  row.instruction_set = environment.instruction_set;
  row.git_revision = environment.git_revision;
}

std::optional<std::uint64_t> reset_peak_rss() {
  malloc_trim(0);
  std::ofstream file("/proc/self/clear_refs");
  file << '5' << std::flush;
  if (!file.good()) return std::nullopt;
  return kilobytes(value_of("/proc/self/status", "VmRSS"));
}

std::uint64_t peak_rss_bytes() {
  return kilobytes(value_of("/proc/self/status", "VmHWM"));
}

namespace {

struct Feature {
  std::string_view name;
  bool enabled;
};

// A name that is no macro stays itself when it is made a string: that tells whether it is defined.
#define SGDBENCH_TEXT_(name) #name
#define SGDBENCH_DEFINED(name) (std::string_view(SGDBENCH_TEXT_(name)) != #name)

constexpr auto kFeatures = std::to_array<Feature>({
    {"avx512bf16", SGDBENCH_DEFINED(__AVX512BF16__)},
    {"avx512vnni", SGDBENCH_DEFINED(__AVX512VNNI__)},
    {"avx512f", SGDBENCH_DEFINED(__AVX512F__)},
    {"fma", SGDBENCH_DEFINED(__FMA__)},
    {"avx2", SGDBENCH_DEFINED(__AVX2__)},
    {"avx", SGDBENCH_DEFINED(__AVX__)},
    {"sse4.2", SGDBENCH_DEFINED(__SSE4_2__)},
    {"sse2", SGDBENCH_DEFINED(__SSE2__)},
    {"sve", SGDBENCH_DEFINED(__ARM_FEATURE_SVE)},
    {"neon", SGDBENCH_DEFINED(__ARM_NEON)},
});

}  // namespace

std::string_view version() {
  return SGDBENCH_VERSION;
}
std::string_view build_type() {
  return SGDBENCH_BUILD_TYPE;
}
std::string_view compiler_flags() {
  return SGDBENCH_FLAGS;
}

std::string compiler() {
  return SGDBENCH_COMPILER;
}

std::string instruction_set() {
  std::string text;
  for (const auto& feature : kFeatures)
    if (feature.enabled) (text += text.empty() ? "" : " ") += feature.name;
  return text;
}

}  // namespace sgdbench
