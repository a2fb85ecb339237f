// Options of what a run is exposed to: slow workers, slow messages.
#include "backends/conditions/conditions.h"

#include "cli/options/helpers.h"

namespace sgdbench {
namespace {

constexpr Text kUnlimited = "unlimited";

void set_stragglers(Cell& cell, Text text) {
  auto& conditions = cell.spec.conditions;
  conditions.stragglers.clear();
  conditions.straggler_text.clear();
  if (text == kNoneAsked) return;
  conditions.stragglers = parse_stragglers(text);
  conditions.straggler_text = text;
}

bool has_delays(const Cell& cell) {
  return cell.spec.conditions.any() && !backend_of(cell).virtual_clock;
}

constexpr Option kConditions[] = {
    {"--compute-delay", "", "LAW,…",
     "time added to each gradient: exp:1ms, uniform:1ms,2ms (list laws)", "constant:0",
     Group::conditions, kTraining, expand_forms,
     [](Cell& c, Text v) { c.spec.conditions.compute_delay = Law::parse(v); },
     [](const Cell& c) { return escape_form(c.spec.conditions.compute_delay.text()); },
     for_backends<&BackendEntry::delays_compute, kNoTime>},
    {"--straggler", "", "SET,…",
     "slow workers: WORKER:FACTOR, random:P:FACTOR or periodic:N:FACTOR; several are joined by "
     "'+', or given one by one",
     "none", Group::conditions, kTraining, one_list, set_stragglers,
     [](const Cell& c) {
       const auto& text = c.spec.conditions.straggler_text;
       return text.empty() ? std::string(kNoneAsked) : text;
     },
     for_backends<&BackendEntry::delays_compute, kNoneAsked>, false, true, true},
    {"--latency", "", "LAW,…",
     "time that each fetch of parameters and each push of a gradient is under way (list laws)",
     "constant:0", Group::conditions, kTraining, expand_forms,
     [](Cell& c, Text v) { c.spec.conditions.latency = Law::parse(v); },
     [](const Cell& c) { return escape_form(c.spec.conditions.latency.text()); },
     for_backends<&BackendEntry::delays_messages, kNoTime>},
    {"--bandwidth", "", "RATE,…", "of each worker's link, in a second: 1.25GB, 10Gbit, 100MB/s",
     "unlimited", Group::conditions, kTraining, one_list,
     [](Cell& c, Text v) { c.spec.conditions.bandwidth = parse_bandwidth(v); },
     [](const Cell& c) { return bandwidth_text(c.spec.conditions.bandwidth); },
     for_backends<&BackendEntry::delays_messages, kUnlimited>},
    {"--delay-mode",
     "",
     "HOW,…",
     "delays sleep (and cost no core) or spin",
     "sleep",
     Group::conditions,
     kTraining,
     one_list,
     [](Cell& c, Text v) {
       c.spec.conditions.mode =
           choose(v, "delay mode", {"sleep", "spin"}) ? DelayMode::spin : DelayMode::sleep;
     },
     [](const Cell& c) {
       return std::string(c.spec.conditions.mode == DelayMode::sleep ? "sleep" : "spin");
     },
     {has_delays,
      [] {
        return std::string(
            "delays on a real clock: --compute-delay, --straggler, --latency, --bandwidth");
      }}},
};

}  // namespace

std::span<const Option> condition_options() {
  return kConditions;
}

}  // namespace sgdbench
