// Waiting that is short where it can be and cheap where it can't: a few hundred polls, then sleep.
// A worker that polls for ever steals the core from the one it waits for.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "backends/clock.h"

namespace sgdbench {

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

}  // namespace sgdbench
