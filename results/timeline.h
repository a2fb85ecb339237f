// What each worker did when: slices on tracks, for one run.
//
// The idea: the backend (its threads, or a simulator) hands in finished slices with their times,
// real or virtual; nothing here reads a clock. Memory is bounded: each track keeps its last N
// slices and counts those that it forgot.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "results/stopwatch.h"

namespace sgdbench {

/// Finer than Phase: pull, push and apply are all communication.
enum class Activity : std::uint8_t { compute, wait, queue, pull, push, apply, observe };
inline constexpr std::size_t kActivities = 7;

inline constexpr std::array<std::string_view, kActivities> kActivityNames{
    "compute", "wait", "queue", "pull", "push", "apply", "observe"};
constexpr std::string_view to_string(Activity activity) {
  return kActivityNames[static_cast<std::size_t>(activity)];
}
inline std::string_view to_string(Phase phase) {
  constexpr std::array<std::string_view, kPhases> names{"compute", "wait", "communicate", "queue",
                                                        "observe"};
  return names[static_cast<std::size_t>(phase)];
}

constexpr Phase phase_of(Activity activity) {
  switch (activity) {
    case Activity::compute:
      return Phase::compute;
    case Activity::wait:
      return Phase::wait;
    case Activity::queue:
      return Phase::queue;
    case Activity::observe:
      return Phase::observe;
    default:
      return Phase::communicate;
  }
}
/// Where no more than the phase is known.
constexpr Activity activity_of(Phase phase) {
  switch (phase) {
    case Phase::compute:
      return Activity::compute;
    case Phase::wait:
      return Activity::wait;
    case Phase::queue:
      return Activity::queue;
    case Phase::observe:
      return Activity::observe;
    default:
      return Activity::push;
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

/// The last slices of one track, in order. Thread safety: one writer at a time; read after the
/// join.
class Track {
 public:
  Track() = default;
  /// Memory for `capacity` slices is taken here, so that recording only writes. 0: records nothing.
  explicit Track(std::size_t capacity) : slices_(capacity) {}

  /// False: nothing below does anything, and no time need be read for it.
  bool records() const { return !slices_.empty(); }

  void add(const Slice& slice) {
    if (slices_.empty()) return;
    slices_[next_] = slice;
    if (++next_ == slices_.size()) next_ = 0;
    ++written_;
  }

  /// Where times count from; what came before is no part of the run.
  void start(Nanoseconds now) {
    origin_ = now;
    written_ = next_ = 0;
    open_ = {};
  }
  /// Ends the open slice at `now`, and begins another. One of the same kind without a gradient
  /// goes on as that gradient's.
  void enter(Activity activity, Nanoseconds now, std::uint64_t gradient = 0) {
    if (activity == open_.activity && open_.gradient == 0 && open_.update == 0) {
      open_.gradient = gradient;
      return;
    }
    close(now);
    open_ = {.begin = now - origin_, .activity = activity, .gradient = gradient};
  }
  /// Says of the open slice which update it made.
  void note_update(std::uint64_t update, std::uint64_t staleness) {
    open_.update = update;
    open_.staleness = staleness;
  }
  /// Ends the open slice at `now`; one in which no time passed is none.
  void close(Nanoseconds now) {
    open_.end = now - origin_;
    if (open_.end == open_.begin) return;
    add(open_);
    open_ = {.begin = open_.end};
  }

  std::uint64_t size() const { return written_ - forgotten(); }
  std::uint64_t forgotten() const {
    return written_ > slices_.size() ? written_ - slices_.size() : 0;
  }
  /// Oldest first.
  std::vector<Slice> slices() const {
    if (written_ < slices_.size())
      return {slices_.begin(), slices_.begin() + static_cast<std::ptrdiff_t>(next_)};
    std::vector<Slice> ordered(slices_.size());
    std::rotate_copy(slices_.begin(), slices_.begin() + static_cast<std::ptrdiff_t>(next_),
                     slices_.end(), ordered.begin());
    return ordered;
  }

 private:
  std::vector<Slice> slices_;
  std::uint64_t written_ = 0;
  std::size_t next_ = 0;  ///< written_ modulo the capacity, without the division
  Nanoseconds origin_ = 0;
  Slice open_;
};

/// Room for the slices of a server beside workers that keep so many each: what it applies was a
/// pull, a compute and a push of some worker.
constexpr std::size_t server_slices(std::size_t workers, std::size_t each) {
  return (workers * each + 2) / 3;
}

/// One run's tracks: one per worker; for strategies with a server, the server's last. Which
/// gradients became which update: `apply` slices of the server's track say update and τ, `push`
/// slices of a worker's the update that its gradient became, and the gradient's own τ (0: thrown
/// away; for one that is held, the next one). Without a server, slices of a worker's own track,
/// `apply` or the `push` of an exchange, say all three.
struct Timeline {
  std::vector<Track> tracks;
  bool has_server = false;
};

}  // namespace sgdbench
