// What each worker did when: slices on tracks, for one run.
//
// The idea: whoever runs (a thread, or a simulator) hands in finished slices with their times, real
// or virtual; nothing here reads a clock. Memory is bounded: each track keeps its last N slices and
// counts those that it forgot.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "results/stopwatch.h"

namespace sgdbench {

/// Finer than Phase: fetch, push and apply are all communication.
enum class Activity : std::uint8_t { compute, wait, fetch, push, apply, observe };
inline constexpr std::size_t kActivities = 6;

std::string_view to_string(Activity activity);
constexpr Phase phase_of(Activity activity) {
  switch (activity) {
    case Activity::compute:
      return Phase::compute;
    case Activity::wait:
      return Phase::wait;
    case Activity::observe:
      return Phase::observe;
    default:
      return Phase::communicate;
  }
}

/// One stretch of time of one worker. Times count from the start of the run.
struct Slice {
  Nanoseconds begin = 0, end = 0;
  Activity activity = Activity::compute;
  std::uint64_t gradient = 0;   ///< number of the gradient among its worker's, from 1; 0: none
  std::uint64_t update = 0;     ///< apply: index of the update that it made, from 1; 0: none
  std::uint64_t staleness = 0;  ///< apply: τ of that update
};

/// The last slices of one track, in order. Thread safety: one writer; read after the join.
class Track {
 public:
  Track() = default;
  /// Memory for `capacity` slices is taken here, so that recording only writes. 0: records nothing.
  explicit Track(std::size_t capacity) : slices_(capacity) {}

  void add(const Slice& slice) {
    if (slices_.empty()) return;
    slices_[written_ % slices_.size()] = slice;
    ++written_;
  }
  std::uint64_t forgotten() const {
    return written_ > slices_.size() ? written_ - slices_.size() : 0;
  }
  /// Oldest first.
  std::vector<Slice> slices() const;

 private:
  std::vector<Slice> slices_;
  std::uint64_t written_ = 0;
};

/// One run's tracks: one per worker; for strategies with a server, the server's last. Which
/// gradients became which update: `apply` slices of the server's track say update and τ, `push`
/// slices of a worker's the update that its gradient became (0: thrown away).
struct Timeline {
  std::vector<Track> tracks;
  bool has_server = false;
};

}  // namespace sgdbench
