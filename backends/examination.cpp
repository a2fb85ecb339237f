#include <algorithm>

#include "backends/probes.h"
#include "results/cpu_state.h"
#include "results/statistics.h"

namespace sgdbench {
namespace {

constexpr const char* kProcessors = "/sys/devices/system/cpu";

constexpr double kPieceSeconds = 0.005, kBlockSeconds = 0.1, kRunSeconds = 1;
constexpr int kTurns = 4;  // of one thread, and of all
constexpr double kTurnSeconds = 0.5;

constexpr std::size_t kCapacityProbes = 15;  // over all numbers of threads
constexpr double kCapacitySeconds = 0.02;    // of one

std::size_t tries_of(std::size_t workers) {
  return std::max<std::size_t>(1, kCapacityProbes / std::max<std::size_t>(1, workers - 1)) | 1;
}

/// For 2, 3 … workers threads the median of several probes.
std::vector<double> capacities(std::size_t workers, bool pin) {
  std::vector<double> all;
  for (std::size_t threads = 2; threads <= workers; ++threads) {
    std::vector<double> tries(tries_of(workers));
    for (double& one : tries) one = parallel_capacity(threads, pin);
    all.push_back(median(tries));
  }
  return all;
}

/// Four times the largest cache, because that would still serve a quarter; not a machine's whole
/// memory.
std::size_t bytes_to_read(const Environment& environment) {
  std::uint64_t bytes = kBeyondCaches;
  for (const auto& cache : environment.caches) bytes = std::max(bytes, 4 * cache.bytes);
  if (environment.memory_bytes > 0) bytes = std::min(bytes, environment.memory_bytes / 8);
  return static_cast<std::size_t>(bytes);
}

/// One thread and all take turns, so that a machine that changes meanwhile does so to both.
void measure_noise(MachineReport& report, bool pin) {
  const std::size_t units = units_in(kPieceSeconds);
  std::vector<double> one, all;
  const auto extend = [&](std::vector<double>& seconds, std::size_t threads) {
    const auto more = time_pieces(threads, pin, units, kTurnSeconds);
    seconds.insert(seconds.end(), more.begin(), more.end());
  };
  for (int turn = 0; turn < kTurns; ++turn) {
    extend(one, 1);
    if (report.workers > 1) extend(all, report.workers);
  }
  report.noise_one = noise_of(one, kBlockSeconds, kRunSeconds);
  report.noise_all = noise_of(all, kBlockSeconds, kRunSeconds);
}

void measure(MachineReport& report, bool pin) {
  const std::size_t workers = report.workers, bytes = bytes_to_read(report.environment);
  report.clock = clock_cost();
  report.wake_up_ns = wake_up_ns();
  report.bandwidth_one = read_bandwidth(1, pin, bytes);
  measure_noise(report, pin);
  if (workers < 2) return;
  report.capacity = capacities(workers, pin);
  report.line_transfer_ns = line_transfer_ns(pin);
  report.barrier_ns = barrier_ns(workers, pin);
  report.bandwidth_all = read_bandwidth(workers, pin, bytes);
}

}  // namespace

MachineReport known_machine(const Environment& environment, std::size_t workers) {
  MachineReport report;
  report.environment = environment;
  report.workers = workers;
  report.cores_affinity = usable_cpus().size();
  report.physical_cores = processors().physical_cores;
  report.boost = boost_enabled(kProcessors);
  return report;
}

MachineReport examine_machine(const Environment& environment, std::size_t workers) {
  MachineReport report = known_machine(environment, workers);
  const auto before = read_cpu_times();
  const auto own = own_cpu_ticks();
  measure(report, workers <= usable_cpus().size());
  const auto after = read_cpu_times();
  if (before && after)
    report.shares =
        shares_between(*before, *after, own_cpu_ticks() - own, environment.cores_online);
  return report;
}

double examination_seconds(std::size_t workers) {
  const double pieces = kTurns * kTurnSeconds * (workers > 1 ? 2 : 1);
  const auto probes = static_cast<double>((workers - 1) * tries_of(workers));
  return pieces + kCapacitySeconds * probes + 0.5;
}

}  // namespace sgdbench
