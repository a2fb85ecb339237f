// One rule per complaint, in order of severity: first what makes every figure wrong, then what
// makes some of them incomparable, then what only makes them noisier.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "backends/backend.h"
#include "cli/doctor/doctor.h"
#include "cli/setup.h"
#include "cli/terminal.h"

namespace sgdbench {
namespace {

constexpr double kSteal = 0.02;         ///< share of the time asked for
constexpr double kOthers = 0.1;         ///< cores' worth per available core
constexpr double kDelivered = 0.9;      ///< of P cores
constexpr double kResolutionNs = 1000;  ///< a run lasts a million times that

struct Finding {
  std::string problem, remedy;
};
using Found = std::optional<Finding>;
using Report = const MachineReport&;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Found sanitizers(Report r) {
  if (!contains(r.environment.flags, "-fsanitize")) return {};
  return Finding{"this build has sanitizers and is not for measuring", "cmake --preset release"};
}

Found unoptimised(Report r) {
  const auto& flags = r.environment.flags;
  if (contains(flags, "-O2") || contains(flags, "-O3")) return {};
  return Finding{fmt::format("this build ({}) is not optimised and not for measuring",
                             r.environment.build_type),
                 "cmake --preset release"};
}

Found too_many_workers(Report r) {
  const auto cores = r.environment.cores_available;
  if (r.workers <= cores) return {};
  return Finding{fmt::format("{} workers share {} available core{}, so they wait for each other in "
                             "the scheduler",
                             r.workers, cores, cores == 1 ? "" : "s"),
                 fmt::format("use --workers {} or fewer", cores)};
}

Found quota(Report r) {
  const auto quota = r.environment.cgroup_quota;
  if (!quota || *quota >= static_cast<double>(r.cores_affinity)) return {};
  return Finding{
      fmt::format("the control group may use {:.3g} of {} cores; beyond that all threads "
                  "are stopped for tens of milliseconds",
                  *quota, r.cores_affinity),
      fmt::format("raise the limit, or use --workers {}", r.environment.cores_available)};
}

Found load(Report r) {
  const auto& load = r.environment.load_average;
  if (load.empty() || load.front() <= static_cast<double>(r.environment.cores_online)) return {};
  return Finding{fmt::format("the load average is {:.1f} on {} cores: other programs compete",
                             load.front(), r.environment.cores_online),
                 "stop them, or wait until `uptime` shows less"};
}

Found others(Report r) {
  const auto cores = static_cast<double>(r.environment.cores_online);
  if (!r.shares || r.shares->others <= kOthers * cores) return {};
  return Finding{fmt::format("other processes used {:.2f} of {} cores meanwhile", r.shares->others,
                             r.environment.cores_online),
                 "stop them (`top` names them)"};
}

Found steal(Report r) {
  if (!r.shares || r.shares->steal <= kSteal) return {};
  return Finding{fmt::format("the host took {} of the processor time that was asked for (steal)",
                             human_share(r.shares->steal)),
                 "use a machine or an instance type with cores of its own, or --repeats more"};
}

Found capacity(Report r) {
  if (r.capacity.empty()) return {};
  const auto threads = r.capacity.size() + 1;
  const auto promised = static_cast<double>(std::min(threads, r.environment.cores_available));
  if (r.capacity.back() >= kDelivered * promised) return {};
  return Finding{
      fmt::format("{} threads deliver {:.2f} cores' worth of computing", threads,
                  r.capacity.back()),
      "read every speedup beside parallel_capacity; compare runs of one invocation only"};
}

Found governor(Report r) {
  const auto& governor = r.environment.governor;
  if (governor.empty() || governor == "performance") return {};
  return Finding{fmt::format("the frequency governor is {}: clock rates follow the load", governor),
                 "sudo cpupower frequency-set -g performance"};
}

Found siblings(Report r) {
  if (!r.physical_cores || *r.physical_cores >= r.cores_affinity) return {};
  if (r.workers <= *r.physical_cores) return {};
  return Finding{fmt::format("{} processors share {} physical cores (SMT), so {} workers get less "
                             "than a core each",
                             r.cores_affinity, *r.physical_cores, r.workers),
                 fmt::format("use --workers {} with --pin on", *r.physical_cores)};
}

Found boost(Report r) {
  if (!r.boost || !*r.boost || r.workers < 2) return {};
  return Finding{
      "turbo is on: one busy core runs faster than all of them, so speedups look smaller",
      "switch it off: write 1 to intel_pstate/no_turbo, or 0 to cpufreq/boost, under "
      "/sys/devices/system/cpu"};
}

Found timer(Report r) {
  if (!r.clock || r.clock->resolution_ns <= kResolutionNs) return {};
  return Finding{
      fmt::format("the clock moves in steps of {}", human_seconds(r.clock->resolution_ns * 1e-9)),
      "make runs last a second or more; see "
      "/sys/devices/system/clocksource/clocksource0/current_clocksource"};
}

struct Rule {
  std::string_view topic;
  Found (*find)(Report);
};
constexpr Rule kRules[] = {
    {"sanitizers", sanitizers},
    {"debug build", unoptimised},
    {"workers", too_many_workers},
    {"quota", quota},
    {"load", load},
    {"other processes", others},
    {"steal", steal},
    {"capacity", capacity},
    {"governor", governor},
    {"siblings", siblings},
    {"turbo", boost},
    {"timer", timer},
};

}  // namespace

std::vector<Advice> advise(const MachineReport& report) {
  std::vector<Advice> all;
  for (const auto& [topic, find] : kRules)
    if (auto found = find(report))
      all.push_back({topic, std::move(found->problem), std::move(found->remedy)});
  return all;
}

std::vector<std::string> warnings_for(const std::vector<Configuration>& configurations,
                                      const Environment& environment) {
  std::size_t workers = 1;
  // Neither simulated workers nor those that mostly sleep need a core each.
  for (const auto& configuration : configurations)
    if (!backend_of(configuration).virtual_clock &&
        configuration.spec.conditions.compute_delay.is_zero())
      workers = std::max(workers, configuration.spec.workers);
  std::vector<std::string> warnings;
  for (const auto& advice : advise(known_machine(environment, workers)))
    warnings.push_back(advice.text());
  return warnings;
}

}  // namespace sgdbench
