// What every strategy records of its timeline.

#include <array>
#include <set>

#include "backends/protocols/protocol.h"
#include "tests/conformance.h"

namespace sgdbench::testing {
namespace {

constexpr std::size_t kEnough = 20'000;

void check_disjoint(const std::vector<Slice>& slices, Nanoseconds wall) {
  Nanoseconds end = 0;
  for (const auto& slice : slices) {
    CHECK(slice.begin >= end);
    CHECK(slice.end >= slice.begin);
    end = slice.end;
  }
  CHECK(end <= wall);
}

void check_sums(const std::vector<Slice>& slices, const Stopwatch& time) {
  std::array<Nanoseconds, kPhases> sums{};
  for (const auto& slice : slices)
    sums[static_cast<std::size_t>(phase_of(slice.activity))] += slice.end - slice.begin;
  for (const auto phase : kAllPhases)
    CHECK(sums[static_cast<std::size_t>(phase)] == time.spent(phase));
}

}  // namespace

TEST_CASE("The slices of a worker follow one another and sum to its phases, to the nanosecond") {
  for_every_backend(3, 4, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    spec.timeline_slices = kEnough;
    const auto outcome = run(entry, spec, *c.problem);
    const auto& timeline = outcome.timeline;
    const std::size_t workers = outcome.workers.size();
    REQUIRE(timeline.tracks.size() == workers + (timeline.has_server ? 1 : 0));
    for (const auto& track : timeline.tracks) {
      CHECK(track.forgotten() == 0);
      check_disjoint(track.slices(), outcome.wall);
    }
    for (std::size_t w = 0; w < workers; ++w)
      check_sums(timeline.tracks[w].slices(), outcome.workers[w].time);
  });
}

TEST_CASE(
    "The server's track has every update once, in order, with the staleness that was counted") {
  for (const char* protocol : {"async", "bsp", "ssp:2", "k-batch-async:2"}) {
    INFO(protocol);
    RunSpec spec = spec_for(backend("parameter-server"), *cases()[0].problem, 3, 4);
    spec.protocol = protocol;
    spec.timeline_slices = kEnough;
    const auto outcome = run(backend("parameter-server"), spec, *cases()[0].problem);
    REQUIRE(outcome.timeline.has_server);
    std::uint64_t next = 1, stalest = 0, most = 0;
    for (const auto& slice : outcome.timeline.tracks.back().slices()) {
      CHECK(slice.update == next++);
      stalest = std::max(stalest, slice.staleness);
    }
    CHECK(next == outcome.updates + 1);
    for (const auto& worker : outcome.workers) most = std::max(most, worker.staleness.max());
    CHECK(stalest == most);
  }
}

TEST_CASE("The pushes of all workers say which update each gradient became, and its staleness") {
  RunSpec spec = spec_for(backend("parameter-server"), *cases()[0].problem, 3, 4);
  spec.timeline_slices = kEnough;
  const auto outcome = run(backend("parameter-server"), spec, *cases()[0].problem);
  std::set<std::uint64_t> updates;
  std::uint64_t staleness = 0, counted = 0;
  for (std::size_t w = 0; w < 3; ++w) {
    counted += outcome.workers[w].staleness.sum();
    for (const auto& slice : outcome.timeline.tracks[w].slices()) {
      if (slice.update == 0) continue;
      CHECK(slice.activity == Activity::push);
      CHECK(slice.gradient > 0);
      CHECK(updates.insert(slice.update).second);
      staleness += slice.staleness;
    }
  }
  CHECK(updates.size() == outcome.updates);
  CHECK(staleness == counted);
}

TEST_CASE("A timeline changes nothing of a run, and without room there is none") {
  for_every_backend(1, 4, [](const BackendEntry& entry, RunSpec spec, const Case& c) {
    const auto without = run(entry, spec, *c.problem);
    CHECK(without.timeline.tracks.empty());
    spec.timeline_slices = 3;
    const auto with = run(entry, spec, *c.problem);
    CHECK(final_parameters(with) == final_parameters(without));
    CHECK(with.updates == without.updates);
    REQUIRE_FALSE(with.timeline.tracks.empty());
    CHECK(with.timeline.tracks[0].size() <= 3);
  });
}

TEST_CASE("A backend that is used again begins its timeline anew") {
  for (const auto& entry : backend_catalog()) {
    RunSpec spec = spec_for(entry, *cases()[0].problem, 2, 4);
    spec.timeline_slices = kEnough;
    if (!entry.unavailable().empty() || !entry.why_not(spec, *cases()[0].problem).empty()) continue;
    INFO(std::string(entry.name));
    const auto used = entry.make(spec, *cases()[0].problem);
    for (int i = 0; i < 2; ++i) {
      const auto outcome = used->run(spec, never());
      for (const auto& track : outcome.timeline.tracks)
        check_disjoint(track.slices(), outcome.wall);
    }
  }
}

}  // namespace sgdbench::testing
