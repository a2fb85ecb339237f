// Options of what a run is exposed to, slow workers and slow messages, and of what only a virtual
// clock has to be told.
#include "backends/conditions/conditions.h"

#include "backends/simulator/simulation.h"
#include "cli/options/helpers.h"

namespace sgdbench {
namespace {

constexpr Text kUnlimited = "unlimited";

void set_stragglers(Configuration& configuration, Text text) {
  auto& conditions = configuration.spec.conditions;
  conditions.stragglers.clear();
  conditions.straggler_text.clear();
  if (text == kNoneAsked) return;
  conditions.stragglers = parse_stragglers(text);
  conditions.straggler_text = text;
}

bool has_delays(const Configuration& configuration) {
  return configuration.spec.conditions.any() && !backend_of(configuration).virtual_clock;
}

void set_cluster(Configuration& configuration, Text text) {
  auto& simulation = configuration.spec.simulation;
  simulation.cluster.clear();
  simulation.cluster_text.clear();
  if (text == kNoneAsked) return;
  simulation.cluster = parse_cluster(text);
  simulation.cluster_text = text;
}

/// Where nobody says how, each backend has its own way.
std::string all_reduce_text(const Configuration& configuration) {
  const auto how = configuration.spec.simulation.all_reduce;
  if (how != AllReduce::usual) return std::string(to_string(how));
  const bool processes =
      !configuration.spec.backend.empty() && backend_of(configuration).processes != nullptr;
  return std::string(to_string(processes ? AllReduce::library : AllReduce::server));
}

template <const Text& elsewhere = kDefault>
constexpr Scope kSimulated = for_backends<&BackendEntry::virtual_clock, elsewhere>;

/// A cluster's classes have distributions of their own.
constexpr Scope kWithoutCluster{
    [](const Configuration& c) {
      return kSimulated<>.covers(c) && c.spec.simulation.cluster.empty();
    },
    [] { return kSimulated<>.whom() + " without a --cluster"; }, "--backend", kNoTime};

constexpr Option kConditions[] = {
    {"--compute-delay", "", "DISTRIBUTION,…",
     "time added to each gradient: exp:1ms, uniform:1ms,2ms (list distributions)", "constant:0",
     Group::conditions, kTraining, expand_forms,
     [](Configuration& c, Text v) { c.spec.conditions.compute_delay = Distribution::parse(v); },
     [](const Configuration& c) { return escape_form(c.spec.conditions.compute_delay.text()); },
     for_backends<&BackendEntry::delays_compute, kNoTime>},
    {"--straggler", "", "SET,…",
     "slow workers: WORKER:FACTOR, random:P:FACTOR or periodic:N:FACTOR; several are joined by "
     "'+', or given one by one",
     "none", Group::conditions, kTraining, one_list, set_stragglers,
     [](const Configuration& c) {
       const auto& text = c.spec.conditions.straggler_text;
       return text.empty() ? std::string(kNoneAsked) : text;
     },
     for_backends<&BackendEntry::delays_compute, kNoneAsked>, false, true, true},
    {"--latency", "", "DISTRIBUTION,…",
     "time that each pull of parameters and each push of a gradient is under way (list "
     "distributions)",
     "constant:0", Group::conditions, kTraining, expand_forms,
     [](Configuration& c, Text v) { c.spec.conditions.latency = Distribution::parse(v); },
     [](const Configuration& c) { return escape_form(c.spec.conditions.latency.text()); },
     for_backends<&BackendEntry::delays_messages, kNoTime>},
    {"--bandwidth", "", "RATE,…",
     "of the one link that the messages of all workers share, the server's or that of parameters "
     "without one, in a second: 1.25GB, 10Gbit, 100MB/s",
     "unlimited", Group::conditions, kTraining, one_list,
     [](Configuration& c, Text v) { c.spec.conditions.bandwidth = parse_bandwidth(v); },
     [](const Configuration& c) { return bandwidth_text(c.spec.conditions.bandwidth); },
     for_backends<&BackendEntry::delays_messages, kUnlimited>},
    {"--delay-mode",
     "",
     "HOW,…",
     "delays sleep (and cost no core) or spin",
     "sleep",
     Group::conditions,
     kTraining,
     one_list,
     [](Configuration& c, Text v) {
       c.spec.conditions.mode =
           choose(v, "delay mode", {"sleep", "spin"}) ? DelayMode::spin : DelayMode::sleep;
     },
     [](const Configuration& c) {
       return std::string(c.spec.conditions.mode == DelayMode::sleep ? "sleep" : "spin");
     },
     {has_delays,
      [] {
        return std::string(
            "delays on a real clock: --compute-delay, --straggler, --latency, --bandwidth");
      }}},
    {"--compute-time", "", "DISTRIBUTION,…",
     "time that a gradient takes, for every worker: exp:1ms (list distributions); a --cluster says "
     "it "
     "instead",
     "constant:0", Group::simulation, kMeasured | kVerify, expand_forms,
     [](Configuration& c, Text v) { c.spec.simulation.compute_time = Distribution::parse(v); },
     [](const Configuration& c) { return escape_form(c.spec.simulation.compute_time.text()); },
     kWithoutCluster},
    {"--cluster", "", "CLASSES",
     "classes of workers, each NAME:COUNT@DISTRIBUTION with its own compute time: 'fast:56@exp:1ms "
     "slow:8@exp:4ms'; sets the number of workers",
     "none", Group::simulation, kMeasured | kVerify, nullptr, set_cluster,
     [](const Configuration& c) {
       const auto& text = c.spec.simulation.cluster_text;
       return text.empty() ? std::string(kNoneAsked) : text;
     },
     kSimulated<kNoneAsked>},
    {"--service", "", "DISTRIBUTION,…",
     "time that the server itself takes for each arrival (list distributions)", "constant:0",
     Group::simulation, kMeasured, expand_forms,
     [](Configuration& c, Text v) { c.spec.simulation.service = Distribution::parse(v); },
     [](const Configuration& c) { return escape_form(c.spec.simulation.service.text()); },
     kSimulated<kNoTime>},
    {"--shards", "", "N,…", "servers, each with its part of the parameters and a link of its own",
     "1", Group::simulation, kMeasured, expand_counts,
     [](Configuration& c, Text v) { c.spec.simulation.shards = parse_count(v, 1, 1'000'000); },
     [](const Configuration& c) { return std::to_string(c.spec.simulation.shards); },
     for_backends<&BackendEntry::uses_shards>},
    {"--all-reduce", "", "HOW,…",
     "how synchronous workers exchange: simulated ones through the server (server), or by ring, "
     "recursive-doubling or tree; processes as the MPI library chooses (mpi, their default; "
     "collective times all of theirs), or by one of these",
     "server", Group::simulation, kMeasured | kVerify | kCollective, one_list,
     [](Configuration& c, Text v) { c.spec.simulation.all_reduce = parse_all_reduce(v); },
     all_reduce_text, for_backends<&BackendEntry::all_reduces>},
};

}  // namespace

std::span<const Option> condition_options() {
  return kConditions;
}

}  // namespace sgdbench
