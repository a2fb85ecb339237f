// Where one worker's time went: sums by phase, and what each worker did when, slices on tracks.
// Time is passed in and never read here, so that a virtual clock serves as well as a real one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sgdbench {

/// Nanoseconds since some start: integers, so that sums are exact.
using Nanoseconds = std::int64_t;

inline double seconds(Nanoseconds t) {
  return static_cast<double>(t) * 1e-9;
}

/// What a worker does: exactly one of these at any time.
enum class Phase : std::uint8_t {
  compute,      ///< gradients, and in-place updates
  wait,         ///< for a lock, a barrier, a protocol's release, or the others at the end
  communicate,  ///< moving parameters and gradients: reads, commits, retries
  queue,        ///< for a message's turn on the link, or at a simulated server
  observe,      ///< copying parameters for the loss curve
};
inline constexpr std::size_t kPhases = 5;
inline constexpr std::array<Phase, kPhases> kAllPhases{
    Phase::compute, Phase::wait, Phase::communicate, Phase::queue, Phase::observe};

/// Splits a worker's elapsed time into phases whose sum is the elapsed time, to the nanosecond.
/// Thread safety: owned by one thread.
class alignas(64) Stopwatch {
 public:
  void start(Nanoseconds now) {
    spent_ = {};
    phase_ = Phase::compute;
    since_ = now;
  }
  /// Ends the current phase at `now` and begins another.
  void enter(Phase phase, Nanoseconds now) {
    spent_[static_cast<std::size_t>(phase_)] += now - since_;
    phase_ = phase;
    since_ = now;
  }
  /// Some of the time of one phase, as much as there is, was another's.
  void move(Phase from, Phase to, Nanoseconds time) {
    time = std::min(time, spent(from));
    spent_[static_cast<std::size_t>(from)] -= time;
    spent_[static_cast<std::size_t>(to)] += time;
  }
  /// Ends the current phase at `now`.
  void stop(Nanoseconds now) { enter(phase_, now); }

  Phase phase() const { return phase_; }
  Nanoseconds spent(Phase phase) const { return spent_[static_cast<std::size_t>(phase)]; }
  Nanoseconds elapsed() const {
    Nanoseconds sum = 0;
    for (const auto t : spent_) sum += t;
    return sum;
  }

 private:
  std::array<Nanoseconds, kPhases> spent_{};
  Nanoseconds since_ = 0;
  Phase phase_ = Phase::compute;
};

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

/// The last slices of one track, in order; those before are counted, so that memory is bounded.
/// Thread safety: one writer at a time; read after the join.
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
