#include <nlohmann/json.hpp>

#include "cli/doctor/advice.h"
#include "cli/doctor/doctor.h"

namespace sgdbench {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json noise_json(const std::optional<Noise>& noise) {
  if (!noise) return nullptr;
  return {{"piece_median_s", noise->median_s},
          {"piece_p05_s", noise->p05_s},
          {"piece_p95_s", noise->p95_s},
          {"piece_spread", noise->piece_spread},
          {"block_spread", noise->block_spread},
          {"decay", noise->decay},
          {"run_spread", noise->run_spread},
          {"resolves_with_10_repeats",
           or_null(resolved_difference(noise->run_spread, kVerdictRepeats))},
          {"repeats_for_2_percent",
           or_null(repeats_to_resolve(noise->run_spread, kVerdictDifference))}};
}

Json machine_json(const MachineReport& report) {
  const Environment& machine = report.environment;
  return {{"cpu_model", machine.cpu_model},
          {"cores_online", machine.cores_online},
          {"cores_affinity", report.cores_affinity},
          {"cores_available", machine.cores_available},
          {"cgroup_quota", or_null(machine.cgroup_quota)},
          {"physical_cores", or_null(report.physical_cores)},
          {"governor", or_null(machine.governor)},
          {"turbo", or_null(report.boost)},
          {"load_average", machine.load_average},
          {"build_type", machine.build_type},
          {"flags", machine.flags}};
}

Json measured_json(const MachineReport& report) {
  const auto& [shares, clock] = std::tie(report.shares, report.clock);
  return {{"steal", shares ? Json(shares->steal) : Json()},
          {"other_processes_cores", shares ? Json(shares->others) : Json()},
          {"read_bytes_per_s_1_thread", or_null(report.bandwidth_one)},
          {"read_bytes_per_s_all_threads", or_null(report.bandwidth_all)},
          {"parallel_capacity", report.capacity},
          {"line_transfer_ns", or_null(report.line_transfer_ns)},
          {"barrier_ns", or_null(report.barrier_ns)},
          {"wake_up_ns", or_null(report.wake_up_ns)},
          {"clock_resolution_ns", clock ? Json(clock->resolution_ns) : Json()},
          {"clock_call_ns", clock ? Json(clock->call_ns) : Json()},
          {"noise_1_thread", noise_json(report.noise_one)},
          {"noise_all_threads", noise_json(report.noise_all)}};
}

}  // namespace

std::string doctor_json(const MachineReport& report) {
  Json all;
  all["schema"] = "sgdbench-doctor-1";
  all["machine"] = machine_json(report);
  all["workers"] = report.workers;
  all["measured"] = measured_json(report);
  all["advice"] = Json::array();
  for (const auto& advice : advise(report))
    all["advice"].push_back(
        {{"topic", advice.topic}, {"problem", advice.problem}, {"remedy", advice.remedy}});
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace sgdbench
