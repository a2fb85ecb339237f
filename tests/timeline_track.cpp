// Tracks: what is kept, what is forgotten, and how slices follow one another.
#include <doctest/doctest.h>

#include "results/timeline.h"

using namespace sgdbench;

TEST_CASE("A track keeps its last slices in order, and counts those that it forgot") {
  for (const std::uint64_t written : {0, 1, 3, 4, 5, 8, 11}) {
    CAPTURE(written);
    Track track(4);
    for (std::uint64_t i = 1; i <= written; ++i)
      track.add({.begin = Nanoseconds(i), .end = Nanoseconds(i + 1), .gradient = i});
    const auto slices = track.slices();
    const auto kept = std::min<std::uint64_t>(written, 4);
    REQUIRE(slices.size() == kept);
    CHECK(track.size() == kept);
    CHECK(track.forgotten() == written - kept);
    for (std::size_t i = 0; i < slices.size(); ++i)
      CHECK(slices[i].gradient == written - kept + i + 1);
  }
}

TEST_CASE("A track without room records nothing") {
  Track track;
  CHECK_FALSE(track.records());
  track.add({.begin = 1, .end = 2});
  CHECK(track.slices().empty());
  CHECK(track.forgotten() == 0);
}

TEST_CASE("An activity ends where the next one begins, and times count from the start") {
  Track track(10);
  track.start(1000);
  track.enter(Activity::pull, 1000, 7);
  track.enter(Activity::compute, 1005, 7);
  track.enter(Activity::apply, 1050, 7);
  track.note_update(3, 2);
  track.close(1060);
  const auto slices = track.slices();
  REQUIRE(slices.size() == 3);
  CHECK(slices[0].activity == Activity::pull);
  CHECK(slices[0].begin == 0);
  for (std::size_t i = 1; i < 3; ++i) CHECK(slices[i].begin == slices[i - 1].end);
  CHECK(slices[2].end == 60);
  CHECK(slices[2].update == 3);
  CHECK(slices[2].staleness == 2);
  CHECK(slices[1].update == 0);
}

TEST_CASE(
    "A slice of nobody becomes that of the gradient whose activity goes on; no time, no slice") {
  Track track(10);
  track.start(0);
  track.enter(Activity::compute, 5);
  track.enter(Activity::compute, 8, 1);
  track.enter(Activity::wait, 9);
  track.enter(Activity::push, 9, 1);
  track.close(12);
  const auto slices = track.slices();
  REQUIRE(slices.size() == 2);
  CHECK(slices[0].begin == 0);
  CHECK(slices[0].end == 9);
  CHECK(slices[0].gradient == 1);
  CHECK(slices[1].activity == Activity::push);
}

TEST_CASE("Every activity belongs to the phase that stands for it") {
  for (const auto phase : kAllPhases) CHECK(phase_of(activity_of(phase)) == phase);
  for (const auto activity : {Activity::pull, Activity::push, Activity::apply})
    CHECK(phase_of(activity) == Phase::communicate);
}
