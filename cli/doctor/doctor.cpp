// `sgdbench doctor`: what this machine is, and what differences it can resolve today.
#include "cli/doctor/doctor.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/terminal.h"
#include "cli/verbs.h"
#include "results/comparison/comparison.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

std::string nanoseconds(double value) {
  return human_seconds(value * 1e-9);
}
std::string rate(double bytes_per_s) {
  return human_count(bytes_per_s) + "B/s";
}

std::string cores_text(const MachineReport& report) {
  const Environment& machine = report.environment;
  auto text = fmt::format("{} available: {} online, {} by affinity", machine.cores_available,
                          machine.cores_online, report.cores_affinity);
  text += machine.cgroup_quota ? fmt::format(", quota {:.3g}", *machine.cgroup_quota)
                               : std::string(", no quota");
  if (report.physical_cores) text += fmt::format("; {} physical", *report.physical_cores);
  return text;
}

std::string power_text(const MachineReport& report) {
  const auto& governor = report.environment.governor;
  return fmt::format("governor {}, turbo {}", governor.empty() ? "unknown" : governor,
                     !report.boost   ? "unknown"
                     : *report.boost ? "on"
                                     : "off");
}

std::string load_text(const MachineReport& report) {
  const auto& load = report.environment.load_average;
  auto text = load.empty() ? "load unknown" : fmt::format("load {:.2f}", load.front());
  if (report.shares)
    text += fmt::format("; meanwhile others used {:.2f} cores, steal was {}", report.shares->others,
                        human_share(report.shares->steal));
  return text;
}

std::string capacity_text(const MachineReport& report) {
  std::string text;
  for (std::size_t i = 0; i < report.capacity.size(); ++i)
    text += fmt::format("{}{:.2f} of {}", text.empty() ? "" : ", ", report.capacity[i], i + 2);
  return text.empty() ? "—" : text;
}

std::string noise_text(const std::optional<Noise>& noise) {
  if (!noise) return "—";
  return fmt::format(
      "{}, 5–95 %: {}–{}; spread {} of pieces, {} of blocks of 100 ms, {} of runs "
      "of 1 s",
      human_seconds(noise->median_s), human_seconds(noise->p05_s), human_seconds(noise->p95_s),
      human_share(noise->piece_spread), human_share(noise->block_spread),
      human_share(noise->run_spread));
}

std::string verdict(std::string_view who, const Noise& noise) {
  const auto found = found_slowdown(noise.run_spread, kVerdictRepeats);
  const auto repeats = repeats_to_find(noise.run_spread, kVerdictSlowdown);
  return fmt::format(
      "{}: with {} repeats of runs of about 1 s, `sgdbench compare` finds one of {} configurations "
      "that is {} slower today, in 90 of 100 comparisons; for {:.0f} % {}",
      who, kVerdictRepeats, kSuite,
      found ? "about " + human_share(*found) : std::string("1000 % and more"),
      100 * kVerdictSlowdown,
      repeats ? fmt::format("use --repeats {}", *repeats)
              : std::string("256 repeats are not enough: wait for a quieter hour"));
}

std::string threads_text(const MachineReport& report) {
  return report.workers == 1 ? "1 thread" : fmt::format("{} threads", report.workers);
}

std::string facts_table(const MachineReport& report) {
  const auto all = threads_text(report);
  TextTable table({report.environment.cpu_model});
  const auto add = [&](std::string name, const std::string& text) {
    table.add_note({std::move(name)}, text);
  };
  add("cores", cores_text(report));
  add("clock rate", power_text(report));
  add("use", load_text(report));
  add("parallel capacity", capacity_text(report));
  add("read bandwidth", fmt::format("1 thread {}, {} {}", or_dash(report.bandwidth_one, rate), all,
                                    or_dash(report.bandwidth_all, rate)));
  add("cache line, one way", or_dash(report.line_transfer_ns, nanoseconds));
  add("barrier, " + all, or_dash(report.barrier_ns, nanoseconds));
  add("waking a sleeper", or_dash(report.wake_up_ns, nanoseconds));
  if (report.clock)
    add("clock",
        fmt::format("moves in steps of {}, costs {} a reading",
                    nanoseconds(report.clock->resolution_ns), nanoseconds(report.clock->call_ns)));
  add("5 ms of work, 1 thread", noise_text(report.noise_one));
  if (report.noise_all) add("5 ms of work, " + all, noise_text(report.noise_all));
  return table.text();
}

}  // namespace

std::string doctor_table(const MachineReport& report) {
  auto text = facts_table(report);
  const auto add = [&text](const std::string& line) {
    text += fmt::format("\n- {}", wrap(line, 2));
  };
  for (const auto& advice : advise(report)) add(advice.text());
  if (report.noise_one) add(verdict("1 thread", *report.noise_one));
  if (report.noise_all) add(verdict(threads_text(report), *report.noise_all));
  return text + '\n';
}

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
  return {
      {"piece_median_s", noise->median_s},
      {"piece_p05_s", noise->p05_s},
      {"piece_p95_s", noise->p95_s},
      {"piece_spread", noise->piece_spread},
      {"block_spread", noise->block_spread},
      {"decay", noise->decay},
      {"run_spread", noise->run_spread},
      {"gate_finds_with_10_repeats", or_null(found_slowdown(noise->run_spread, kVerdictRepeats))},
      {"repeats_to_find_10_percent",
       or_null(repeats_to_find(noise->run_spread, kVerdictSlowdown))}};
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

namespace {

constexpr Format<MachineReport> kDoctorFormats[] = {{"table", doctor_table}, {"json", doctor_json}};

std::size_t workers_of(const Given& given, std::size_t usual) {
  constexpr std::string_view kOption = "--workers";
  if (!given.has(kOption)) return usual;
  Configuration configuration;
  apply(find_option(kDoctor, kOption), configuration, given.text(kOption));
  return configuration.spec.workers;
}

}  // namespace

int doctor_verb(const Invocation& invocation) {
  const auto& given = invocation.given;
  const auto& format = find_by_name(kDoctorFormats, "format", given.text("--format", "table"));
  const auto environment = read_environment();
  const auto workers = workers_of(given, environment.cores_available);
  Progress progress(1, given.has("--quiet"));
  progress.say(fmt::format("examining the machine: about {:.0f} s", examination_seconds(workers)));
  const auto report = examine_machine(environment, workers);
  progress.clear();
  print(format.render(report));
  return 0;
}

}  // namespace sgdbench
