// Where one worker's time went. Time is passed in and never read here, so that a virtual clock
// serves as well as a real one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

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

}  // namespace sgdbench
