// How threads wait for one another: short where it can be and cheap where it can't, a few hundred
// polls and then sleep. A worker that polls for ever steals the core from the one it waits for.
//
//   lock_or_wait, Signal   one waits for another
//   Barrier                all wait for all
//   Pause                  all stand still for one, and so does their clock
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "results/timeline.h"

namespace sgdbench {

/// The one clock that training is timed with.
inline Nanoseconds now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

inline constexpr int kPolls = 200;

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

/// Polls ready() until it holds or `limit` nanoseconds have passed; returns whether it holds. As
/// long as putting a thread to sleep and waking it takes, polling is the cheaper way to wait; on a
/// virtual machine that is a tenth of a millisecond and more.
template <class Ready>
bool poll(Ready ready, Nanoseconds limit) {
  constexpr int kEager = 50;  // without a pause, which can cost as much as a line's transfer
  for (int i = 0; i < kEager; ++i)
    if (ready()) return true;
  for (const Nanoseconds start = now(); now() - start < limit;)
    for (int i = 0; i < kEager; ++i) {
      if (ready()) return true;
      relax();
    }
  return false;
}

/// What a worker that has a core of its own may poll for.
inline constexpr Nanoseconds kPollLimit = 300'000;

/// Takes the lock at once if it is free; true if it was.
inline bool lock_or_wait(std::mutex& mutex, auto&& on_wait) {
  if (mutex.try_lock()) return true;
  on_wait();
  for (int i = 0; i < kPolls; ++i) {
    relax();
    if (mutex.try_lock()) return false;
  }
  mutex.lock();
  return false;
}

/// A flag that one worker waits for and others raise.
class alignas(64) Signal {
 public:
  void clear() { raised_.store(0, std::memory_order_relaxed); }
  /// Release: what the raiser did before is seen by the one who waited. Sequentially consistent:
  /// notify_one() looks whether anybody sleeps, and must not look before the flag is up; the waiter
  /// that goes to sleep between the two would sleep for ever.
  void raise() {
    raised_.store(1, std::memory_order_seq_cst);
    raised_.notify_one();
  }
  void wait() {
    for (int i = 0; i < kPolls; ++i) {
      if (raised_.load(std::memory_order_acquire) != 0) return;
      relax();
    }
    raised_.wait(0, std::memory_order_acquire);
  }

 private:
  std::atomic<std::uint32_t> raised_{0};
};

/// A worker says on a cache line of its own that it has arrived and watches the lines of the
/// others, so that a meeting costs one transfer of a line each way. OpenMP's own barrier was
/// measured at 10 to 20 times that between two updates of one example. A worker that watches for
/// long, or has no core of its own to watch on, sleeps.
///
/// A worker that can't go on leaves: nobody waits for it, and all others learn of it at their next
/// meeting, whichever that is.
///
/// Thread safety: each worker calls with its own number. What a worker did before it arrived is
/// seen by all after they have waited.
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

/// All workers stand still while one of them evaluates, and their clock stands still with them. A
/// worker that comes to a point of the curve asks for a pause; the others park at their next block
/// or change of phase, and those that wait for somebody anyway need not. What one of them computes
/// until then is on the clock, as work is; the evaluation is not.
///
/// Invariant: while hold() runs its body, every other worker is parked, or waits for one that is.
///
/// Thread safety: any worker may call anything with its own number. A worker lowers its flag and
/// then looks for a request; who requests raises the request and then looks at the flags. Both in
/// the one order of seq_cst, so that one of the two sees the other.
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
