// All workers stand still while one of them evaluates, and their clock stands still with them.
//
// The idea: a worker that comes to a point of the curve asks for a pause. The others park at their
// next block or change of phase; those that wait for somebody anyway need not. What one of them
// computes until then is on the clock, as work is; the evaluation is not.
//
// Invariant: while hold() runs its body, every other worker is parked, or waits for one that is.
//
// Thread safety: any worker may call anything with its own number. A worker lowers its flag and
// then looks for a request; who requests raises the request and then looks at the flags. Both in
// the one order of seq_cst, so that one of the two sees the other.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "backends/clock.h"

namespace sgdbench {

class Pause {
 public:
  explicit Pause(std::size_t workers) : flags_(workers) {}

  /// Time without the pauses so far. Relaxed: it only changes while all others stand still.
  Nanoseconds clock() const { return now() - paused_.load(std::memory_order_relaxed); }

  /// `worker` begins to wait for others.
  void idle(std::size_t worker) { flags_[worker].idle.store(true, std::memory_order_seq_cst); }

  /// `worker` wants to go on: returns when there is no pause.
  void busy(std::size_t worker) {
    for (;;) {
      flags_[worker].idle.store(false, std::memory_order_seq_cst);
      if (requested_.load(std::memory_order_seq_cst) == 0) return;
      idle(worker);
      requested_.wait(1, std::memory_order_seq_cst);
    }
  }

  /// A place where `worker` can stand still. Relaxed: a request that is seen at the next one is
  /// soon enough.
  void rest(std::size_t worker) {
    if (requested_.load(std::memory_order_relaxed) != 0) busy(worker);
  }

  /// Calls body(time) while all others stand still. Of several who ask, one after the other.
  template <class Body>
  void hold(std::size_t worker, Body body) {
    for (std::uint32_t none = 0;
         !requested_.compare_exchange_strong(none, 1, std::memory_order_seq_cst); none = 0)
      busy(worker);
    for (std::size_t other = 0; other < flags_.size(); ++other)
      while (other != worker && !flags_[other].idle.load(std::memory_order_seq_cst))
        std::this_thread::yield();
    // The clock stands still from here: read twice, it would go back when the pause is over.
    const Nanoseconds begun = now();
    const End end{*this, begun};  // also where the body throws: the others wait
    body(begun - paused_.load(std::memory_order_relaxed));
  }

 private:
  struct alignas(64) Flag {
    std::atomic<bool> idle{false};
  };
  struct End {
    Pause& pause;
    Nanoseconds begun;
    ~End() {
      pause.paused_.fetch_add(now() - begun, std::memory_order_relaxed);
      pause.requested_.store(0, std::memory_order_seq_cst);
      pause.requested_.notify_all();
    }
  };
  std::vector<Flag> flags_;
  alignas(64) std::atomic<std::uint32_t> requested_{0};
  std::atomic<Nanoseconds> paused_{0};
};

}  // namespace sgdbench
