// Options of the strategy: who waits for whom, on which cores.
#include <fmt/format.h>

#include "backends/backend.h"
#include "backends/protocols/protocol.h"
#include "cli/options/helpers.h"
#include "workloads/kernels/dense_kernels.h"

namespace sgdbench {
namespace {

/// Virtual times are not to be compared with real ones: no pattern mixes them.
Texts backends(Text text) {
  return expand_marked(text, "backend", backend_catalog(),
                       [](const BackendEntry& row) { return !row.virtual_clock; });
}
Texts kernels(Text text) {
  return expand_names(text, "kernel set", names_of(kernel_catalog()));
}
bool takes_kernels(const BackendEntry& row) {
  return row.own_kernels.empty();
}

constexpr Option kStrategy[] = {
    {"--backend",
     "",
     "NAME,…",
     "who waits for whom; patterns work, for those on a real clock: 'hog*' (list backends)",
     "*",
     Group::strategy,
     kCells,
     backends,
     [](Cell& c, Text v) { c.spec.backend = v; },
     [](const Cell& c) { return c.spec.backend; },
     {},
     true},
    {"--protocol", "", "NAME,…",
     "when a parameter server takes gradients: async, bsp, ssp:4, elastic:0.1,10 (list protocols)",
     "async", Group::strategy, kCells, expand_forms,
     [](Cell& c, Text v) {
       check_protocol(v);
       c.spec.protocol = v;
     },
     [](const Cell& c) { return escape_form(c.spec.protocol); },
     for_backends<&BackendEntry::uses_protocol>},
    {"--write", "", "NAME,…", "lock-free writes: store (may be lost) or cas (none is lost)",
     "store", Group::strategy, kCells, one_list,
     [](Cell& c, Text v) {
       choose(v, "write", {"store", "cas"});
       c.spec.write = v;
     },
     [](const Cell& c) { return c.spec.write; }, for_backends<&BackendEntry::uses_write>},
    {"--persistence", "", "N,…",
     "failed publications before a gradient is dropped and computed again; 0: never", "0",
     Group::strategy, kCells, expand_counts,
     [](Cell& c, Text v) { c.spec.persistence = parse_count(v, 0, kMany); },
     [](const Cell& c) { return std::to_string(c.spec.persistence); },
     for_backends<&BackendEntry::uses_persistence, kZero>},
    {"--exchange", "", "N,…",
     "examples that a private replica trains on between two exchanges; tuned: the best", "1024",
     Group::strategy, kCells, expand_counts,
     [](Cell& c, Text v) {
       if (!tunes(c, kTuneExchange, v)) c.spec.exchange = parse_count(v, 1, kMany);
     },
     [](const Cell& c) { return tuned_text(c, kTuneExchange, std::to_string(c.spec.exchange)); },
     for_backends<&BackendEntry::uses_exchange>},
    {"--kernels", "", "NAME,…", "library for dense arithmetic (list kernels)", "native",
     Group::strategy, kCells, kernels, [](Cell& c, Text v) { c.spec.kernels = v; },
     [](const Cell& c) { return c.spec.kernels; }, for_backends<takes_kernels>},
    {"--assign", "", "HOW,…", "mini-batches to workers: dynamic or round-robin", "dynamic",
     Group::strategy, kTraining, one_list,
     [](Cell& c, Text v) {
       c.spec.assign = choose(v, "assignment", {"dynamic", "round-robin"}) ? Assign::round_robin
                                                                           : Assign::dynamic;
     },
     [](const Cell& c) {
       return std::string(c.spec.assign == Assign::dynamic ? "dynamic" : "round-robin");
     }},
    {"--workers",
     "",
     "N,…",
     "workers of each run; ranges work: 1..8:x2; all: as many as usable cores",
     "all",
     Group::strategy,
     kCells | kDoctor,
     expand_counts,
     [](Cell& c, Text v) {
       c.spec.workers = v == "all" ? Cell::kAllCores : parse_count(v, 1, kMostSimulated);
     },
     [](const Cell& c) {
       return c.spec.workers == Cell::kAllCores ? "all" : std::to_string(c.spec.workers);
     },
     {},
     true},
    {"--pin", "", "WHEN", "tie worker k to core k: auto (if there are enough), on, off", "auto",
     Group::strategy, kTraining, nullptr,
     [](Cell& c, Text v) {
       c.pin = static_cast<Pin>(choose(v, "choice", {"auto", "on", "off"}));
     },
     [](const Cell& c) {
       return std::string(c.pin == Pin::automatic ? "auto" : c.pin == Pin::on ? "on" : "off");
     },
     for_backends<on_a_real_clock>},
};

}  // namespace

std::span<const Option> strategy_options() {
  return kStrategy;
}

}  // namespace sgdbench
