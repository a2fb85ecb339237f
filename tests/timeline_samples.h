// Timelines made by hand.
#pragma once

#include <string>

#include "results/timeline.h"

namespace sgdbench {

/// Two workers and a server, two rounds of 100 ns. Worker 0 computes 30 and waits 40, worker 1
/// computes 70; pull, push and apply take 10 each.
inline Timeline synchronous() {
  Timeline timeline;
  timeline.has_server = true;
  for (int t = 0; t < 3; ++t) timeline.tracks.emplace_back(100);
  for (std::uint64_t round = 1; round <= 2; ++round) {
    const auto start = Nanoseconds(100 * (round - 1));
    for (std::size_t w = 0; w < 2; ++w) {
      const Nanoseconds computed = start + (w == 0 ? 40 : 80);
      Track& track = timeline.tracks[w];
      track.add({start, start + 10, Activity::pull, round});
      track.add({start + 10, computed, Activity::compute, round});
      track.add({computed, computed + 10, Activity::push, round, round});
      track.add({computed + 10, start + 100, Activity::wait, round});
    }
    timeline.tracks[2].add({start + 90, start + 100, Activity::apply, 0, round, 0});
  }
  return timeline;
}

/// Two workers and a server that applies what comes: worker 0's gradients 1, 2, 3 are updates 1, 2
/// and 4; worker 1's first is update 3 with τ = 2, its second is thrown away.
inline Timeline asynchronous() {
  Timeline timeline;
  timeline.has_server = true;
  for (int t = 0; t < 3; ++t) timeline.tracks.emplace_back(100);
  const auto work = [&](std::size_t w, std::uint64_t g, Nanoseconds begin, Nanoseconds end,
                        std::uint64_t update, std::uint64_t staleness) {
    Track& track = timeline.tracks[w];
    track.add({begin, begin + 5, Activity::pull, g});
    track.add({begin + 5, end - 5, Activity::compute, g});
    track.add({end - 5, end, Activity::push, g, update, staleness});
  };
  work(0, 1, 0, 40, 1, 0);
  work(0, 2, 40, 80, 2, 0);
  work(0, 3, 80, 160, 4, 1);
  work(1, 1, 0, 100, 3, 2);
  work(1, 2, 100, 150, 0, 0);
  Track& server = timeline.tracks[2];
  server.add({36, 40, Activity::apply, 0, 1, 0});
  server.add({76, 80, Activity::apply, 0, 2, 0});
  server.add({96, 100, Activity::apply, 0, 3, 2});
  server.add({156, 160, Activity::apply, 0, 4, 1});
  return timeline;
}

/// Two workers without a server: each applies what it computed itself.
inline Timeline serverless() {
  Timeline timeline;
  for (std::size_t w = 0; w < 2; ++w) {
    Track track(100);
    const auto begin = Nanoseconds(10 * w);
    track.add({begin, begin + 50, Activity::compute, 1});
    track.add({begin + 50, begin + 60, Activity::apply, 1, w + 1, w});
    timeline.tracks.push_back(track);
  }
  return timeline;
}

}  // namespace sgdbench
