// Options of what only a virtual clock has to be told.
#include "backends/simulator/simulation.h"

#include "cli/options/helpers.h"

namespace sgdbench {
namespace {

void set_cluster(Cell& cell, Text text) {
  auto& simulation = cell.spec.simulation;
  simulation.cluster.clear();
  simulation.cluster_text.clear();
  if (text == kNoneAsked) return;
  simulation.cluster = parse_cluster(text);
  simulation.cluster_text = text;
}

template <const Text& elsewhere = kDefault>
constexpr Scope kSimulated = for_backends<&BackendEntry::virtual_clock, elsewhere>;

/// A cluster's classes have laws of their own.
constexpr Scope kWithoutCluster{
    [](const Cell& c) { return kSimulated<>.covers(c) && c.spec.simulation.cluster.empty(); },
    [] { return kSimulated<>.whom() + " without a --cluster"; }, "--backend", kNoTime};

constexpr Option kSimulation[] = {
    {"--compute-time", "", "LAW,…",
     "time that a gradient takes, for every worker: exp:1ms (list laws); a --cluster says it "
     "instead",
     "constant:0", Group::simulation, kMeasured | kVerify, expand_forms,
     [](Cell& c, Text v) { c.spec.simulation.compute_time = Law::parse(v); },
     [](const Cell& c) { return escape_form(c.spec.simulation.compute_time.text()); },
     kWithoutCluster},
    {"--cluster", "", "CLASSES",
     "classes of workers, each NAME:COUNT@LAW with its own compute time: 'fast:56@exp:1ms "
     "slow:8@exp:4ms'; sets the number of workers",
     "none", Group::simulation, kMeasured | kVerify, nullptr, set_cluster,
     [](const Cell& c) {
       const auto& text = c.spec.simulation.cluster_text;
       return text.empty() ? std::string(kNoneAsked) : text;
     },
     kSimulated<kNoneAsked>},
    {"--service", "", "LAW,…", "time that the server itself takes for each arrival (list laws)",
     "constant:0", Group::simulation, kMeasured, expand_forms,
     [](Cell& c, Text v) { c.spec.simulation.service = Law::parse(v); },
     [](const Cell& c) { return escape_form(c.spec.simulation.service.text()); },
     kSimulated<kNoTime>},
    {"--shards", "", "N,…", "servers, each with its part of the parameters and a link of its own",
     "1", Group::simulation, kMeasured, expand_counts,
     [](Cell& c, Text v) { c.spec.simulation.shards = parse_count(v, 1, 1'000'000); },
     [](const Cell& c) { return std::to_string(c.spec.simulation.shards); }, kSimulated<>},
    {"--all-reduce", "", "HOW,…",
     "how bsp and local:H exchange: through the server, or by ring or tree", "server",
     Group::simulation, kMeasured, one_list,
     [](Cell& c, Text v) { c.spec.simulation.all_reduce = parse_all_reduce(v); },
     [](const Cell& c) { return std::string(to_string(c.spec.simulation.all_reduce)); },
     kSimulated<>},
};

}  // namespace

std::span<const Option> simulation_options() {
  return kSimulation;
}

}  // namespace sgdbench
