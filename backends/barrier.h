// A barrier that is short where it can be: a worker says on a cache line of its own that it has
// arrived and watches the lines of the others, so that a meeting costs one transfer of a line each
// way. OpenMP's own barrier was measured at 10 to 20 times that between two updates of one example.
//
// A worker that watches for long, or has no core of its own to watch on, sleeps: watching would
// take the core from the one it waits for.
//
// A worker that can't go on leaves: nobody waits for it, and all others learn of it at their next
// meeting, whichever that is.
//
// Thread safety: each worker calls with its own number. What a worker did before it arrived is seen
// by all after they have waited.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "backends/adaptive_wait.h"

namespace sgdbench {

class Barrier {
 public:
  /// `may_poll`: every worker has a core of its own.
  Barrier(std::size_t workers, bool may_poll) : lines_(workers), may_poll_(may_poll) {}

  /// Before a run, by one thread.
  void reset() {
    for (Line& line : lines_) line.meeting.store(0, std::memory_order_relaxed);
    left_.store(false, std::memory_order_relaxed);
  }

  /// This worker comes to no meeting any more: it counts as having arrived at the next one, beyond
  /// which nobody goes.
  void leave(std::size_t me) {
    left_.store(true, std::memory_order_relaxed);  // published by what follows
    lines_[me].meeting.fetch_add(2, std::memory_order_seq_cst);
    lines_[me].meeting.notify_all();
  }
  /// After a meeting: whether some worker has left, so that there is none to come.
  bool is_left() const { return left_.load(std::memory_order_relaxed); }

  /// Arrives; true if all others had arrived already, so that there is nothing to wait for.
  bool arrive(std::size_t me) {
    const std::uint32_t meeting = lines_[me].meeting.load(std::memory_order_relaxed) + 1;
    // Publishes what was done before. Sequentially consistent: notify_all() looks whether anybody
    // sleeps, and must not look before others can see the arrival (Signal::raise()).
    lines_[me].meeting.store(meeting, std::memory_order_seq_cst);
    lines_[me].meeting.notify_all();
    for (const Line& line : lines_)
      if (!is_at(line, meeting)) return false;
    return true;
  }

  /// Waits for the meeting at which this worker has arrived.
  void wait(std::size_t me) {
    const std::uint32_t meeting = lines_[me].meeting.load(std::memory_order_relaxed);
    for (const Line& line : lines_) wait_for(line, meeting);
  }

 private:
  struct alignas(64) Line {
    std::atomic<std::uint32_t> meeting{0};  ///< the last one at which its worker arrived
  };

  /// Acquire: what its worker did before is seen after. Nobody is a meeting ahead by more than one,
  /// or by two who has left.
  static bool is_at(const Line& line, std::uint32_t meeting) {
    return line.meeting.load(std::memory_order_acquire) - meeting <= 2;
  }

  void wait_for(const Line& line, std::uint32_t meeting) const {
    if (may_poll_ && poll([&] { return is_at(line, meeting); }, kPollLimit)) return;
    while (!is_at(line, meeting)) line.meeting.wait(meeting - 1, std::memory_order_acquire);
  }

  std::vector<Line> lines_;
  std::atomic<bool> left_{false};
  bool may_poll_;
};

}  // namespace sgdbench
