// Whether two simulated runs are one and the same, in every field that they report.
#pragma once

#include <algorithm>
#include <tuple>

#include "tests/conformance.h"

namespace sgdbench::theory {

inline auto fields(const Slice& s) {
  return std::tuple(s.begin, s.end, s.activity, s.gradient, s.update, s.staleness);
}

inline bool same_slices(const Track& a, const Track& b) {
  const auto one = a.slices(), other = b.slices();
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const Slice& x, const Slice& y) { return fields(x) == fields(y); });
}

inline void check_same(const WorkerReport& a, const WorkerReport& b) {
  for (const auto phase : kAllPhases) CHECK(a.time.spent(phase) == b.time.spent(phase));
  CHECK(a.updates == b.updates);
  CHECK(a.applied == b.applied);
  CHECK(a.computed == b.computed);
  CHECK(a.dropped == b.dropped);
  CHECK(a.last_update == b.last_update);
  CHECK(a.staleness.bins() == b.staleness.bins());
  CHECK(a.staleness.sum() == b.staleness.sum());
  CHECK(a.staleness.max() == b.staleness.max());
}

/// All but the parameters: times, counts, staleness, events and the timeline.
inline void check_same_schedule(const RunOutcome& a, const RunOutcome& b) {
  CHECK(a.stopped == b.stopped);
  CHECK(a.wall == b.wall);
  CHECK(a.updates == b.updates);
  CHECK(a.events == b.events);
  CHECK(a.staleness_mode == b.staleness_mode);
  REQUIRE(a.workers.size() == b.workers.size());
  for (std::size_t w = 0; w < a.workers.size(); ++w) check_same(a.workers[w], b.workers[w]);
  REQUIRE(a.timeline.tracks.size() == b.timeline.tracks.size());
  for (std::size_t k = 0; k < a.timeline.tracks.size(); ++k)
    CHECK(same_slices(a.timeline.tracks[k], b.timeline.tracks[k]));
}

/// All, to the bit. How long the simulation itself took is no part of what it says.
inline void check_same(const RunOutcome& a, const RunOutcome& b) {
  check_same_schedule(a, b);
  REQUIRE(a.curve.size() == b.curve.size());
  for (std::size_t k = 0; k < a.curve.size(); ++k) {
    const Snapshot &one = a.curve[k], &other = b.curve[k];
    CHECK(one.time == other.time);
    CHECK(one.updates == other.updates);
    CHECK(one.examples == other.examples);
    CHECK(one.point == other.point);
    CHECK(one.parameters == other.parameters);
  }
}

/// Every protocol, with what can be said of it by a parameter, for five workers.
inline constexpr const char* kProtocols[] = {
    "async",    "bsp",           "ssp:0",          "ssp:2",          "ssp:inf", "k-sync:2",
    "k-sync:5", "k-async:3",     "k-batch-sync:4", "k-batch-sync:7", "local:1", "k-batch-async:3",
    "local:3",  "elastic:0.2,3", "ringmaster:2",   "ringmaster:inf"};

/// Times that vary, of gradients, messages and the server, and stragglers.
inline void make_everything_cost(RunSpec& spec) {
  spec.simulation.compute_time = Distribution::parse("exp:1ms");
  spec.simulation.service = Distribution::parse("exp:50us");
  spec.simulation.shards = 2;
  spec.conditions.latency = Distribution::parse("uniform:10us,300us");
  spec.conditions.bandwidth = 1e8;
  spec.conditions.compute_delay = Distribution::parse("bernoulli:0.2,500us");
  spec.conditions.stragglers = parse_stragglers("1:3+random:0.1:5");
}

}  // namespace sgdbench::theory
