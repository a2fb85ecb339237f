// What the simulator has to be told, and real threads have of the machine; and how workers without
// a server exchange, which processes are told too.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "backends/conditions/distribution.h"

namespace sgdbench {

/// Workers that share a distribution.
struct WorkerClass {
  std::string name;
  std::size_t workers = 0;
  Distribution compute;  ///< the whole time of a gradient but for what is injected
};

/// How a synchronous exchange is carried out, and what it costs (α latency, β bandwidth, n bytes).
enum class AllReduce {
  usual,               ///< simulated: through the server; over processes: the library's choice
  server,              ///< simulated, through the parameter server: 2α + 2Pn/(Sβ) with S shards
  library,             ///< over processes: as the MPI library chooses
  ring,                ///< 2(P − 1)α + 2(P − 1)/P · n/β
  recursive_doubling,  ///< ⌊log₂ P⌋ · (α + n/β); 2(α + n/β) more where P is no power of two
  tree                 ///< 2⌈log₂ P⌉ · (α + n/β)
};
inline bool is_through_server(AllReduce how) {
  return how == AllReduce::usual || how == AllReduce::server;
}
inline bool is_over_processes(AllReduce how) {
  return how != AllReduce::server;
}

struct AllReduceEntry {
  std::string_view name;
  AllReduce how;
};
inline constexpr AllReduceEntry kAllReduceNames[] = {
    {"server", AllReduce::server},
    {"mpi", AllReduce::library},
    {"ring", AllReduce::ring},
    {"recursive-doubling", AllReduce::recursive_doubling},
    {"tree", AllReduce::tree}};
/// Of a choice.
std::string_view to_string(AllReduce how);
AllReduce parse_all_reduce(std::string_view text);  ///< throws UsageError

/// Workers that a virtual clock can have.
inline constexpr std::size_t kMostSimulated = 1'000'000;

/// An immutable value, part of a RunSpec.
struct Simulation {
  Distribution compute_time;                ///< of a gradient by itself, where there is no cluster
  std::vector<WorkerClass> cluster;         ///< in the order of worker numbers; empty: all alike
  std::string cluster_text;                 ///< as written
  Distribution service;                     ///< the server's own time for each arrival
  std::size_t shards = 1;                   ///< servers; each has 1/S of the parameters
  AllReduce all_reduce = AllReduce::usual;  ///< of processes, too
};

/// "fast:56@exp:1ms slow:8@exp:4ms": names once each, a count of at least 1, kMostSimulated in all.
/// Throws UsageError, and what Distribution::parse() throws of a trace.
std::vector<WorkerClass> parse_cluster(std::string_view text);

std::size_t workers_of(const std::vector<WorkerClass>& cluster);

/// What an all-reduce of `bytes` among `workers` costs after the last one has arrived:
///
///   ring   2(P − 1)α + 2(P − 1)/P · n/β     (Patarasuk & Yuan 2009)
///   tree   2⌈log₂ P⌉ · (α + n/β)            (reduce, then broadcast)
///   recursive doubling   ⌊log₂ P⌋ · (α + n/β), and 2(α + n/β) where P is no power of two
///
/// Not for AllReduce::server, whose cost arises on its link. β = 0: unlimited.
Seconds all_reduce_time(AllReduce how, std::size_t workers, Seconds latency, double bytes,
                        double bandwidth);

}  // namespace sgdbench
