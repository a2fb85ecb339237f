// The pending events of a simulation: at most one per worker, so that no general queue is needed.
//
// The idea: a tournament. Workers are leaves of a complete binary tree and each inner node has the
// earlier of its two children; the root is the next event. A new time replays the matches on one
// path to the root, and who the opponents are on it does not depend on their outcome, so a replay
// is ⌈log₂ P⌉ compares and no search.
//
// Invariant: every node has the least (time, worker) of its subtree: at one time, the lower worker
// number is first. A worker without an event has the time +∞.
//
// Times are not negative, so that their bits compare like the doubles themselves; compares of
// integers are a third of the latency.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace sgdbench {

class EventQueue {
 public:
  struct Event {
    double time;
    std::uint32_t worker;
  };
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  /// No worker has an event.
  explicit EventQueue(std::size_t workers)
      : leaves_(std::bit_ceil(workers)), times_(2 * leaves_, bits(kNever)), workers_(2 * leaves_) {
    for (std::size_t leaf = 0; leaf < leaves_; ++leaf)
      workers_[leaves_ + leaf] = static_cast<std::uint32_t>(leaf);
    for (std::size_t node = leaves_; node-- > 1;) workers_[node] = workers_[2 * node];
  }

  /// Gives `worker` an event at `time` in place of the one that it may have had.
  void update(std::uint32_t worker, double time) {
    std::size_t node = leaves_ + worker;
    std::uint64_t key = bits(time);
    times_[node] = key;
    while (node > 1) {
      const std::size_t other = node ^ 1;
      // The left one, whose numbers are lower, also wins when both are equally early.
      const std::uint64_t right = node & 1;
      // Masks in place of a branch, which would be predicted wrong every other time.
      const std::uint64_t loses = -std::uint64_t{times_[other] < key + right};
      key ^= (key ^ times_[other]) & loses;
      worker ^= (worker ^ workers_[other]) & static_cast<std::uint32_t>(loses);
      node /= 2;
      times_[node] = key;
      workers_[node] = worker;
    }
  }
  void cancel(std::uint32_t worker) { update(worker, kNever); }

  double time_of(std::uint32_t worker) const {
    return std::bit_cast<double>(times_[leaves_ + worker]);
  }
  /// At kNever if nobody has an event.
  Event earliest() const { return {std::bit_cast<double>(times_[1]), workers_[1]}; }

 private:
  /// −0 is 0 here.
  static std::uint64_t bits(double time) { return std::bit_cast<std::uint64_t>(time + 0.0); }

  std::size_t leaves_;
  std::vector<std::uint64_t> times_;  // node 1 is the root, 2k and 2k + 1 are the children of k
  std::vector<std::uint32_t> workers_;
};

}  // namespace sgdbench
