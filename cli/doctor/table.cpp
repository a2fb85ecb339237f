#include <fmt/format.h>

#include "cli/doctor/advice.h"
#include "cli/doctor/doctor.h"
#include "cli/text.h"

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
  const auto resolved = resolved_difference(noise.run_spread, kVerdictRepeats);
  const auto repeats = repeats_to_resolve(noise.run_spread, kVerdictDifference);
  return fmt::format(
      "{}: with {} repeats of runs of about 1 s, this machine resolves differences of "
      "about {} today; {}",
      who, kVerdictRepeats, resolved ? human_share(*resolved) : "—",
      repeats ? fmt::format("for 2 % use --repeats {}", *repeats)
              : std::string("1000 repeats would not resolve 2 %: wait for a quieter hour"));
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

}  // namespace sgdbench
