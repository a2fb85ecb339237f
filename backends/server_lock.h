// The lock around a server that real threads share, and where those wait whom it does not let go
// on.
//
// Invariant: who wakes others leaves first, so that nobody waits for the system's calls, nor wakes
// up to find the lock taken.
//
// Thread safety: any worker may enter(); the rest is for who is inside.
#pragma once

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "backends/run.h"
#include "backends/waiting.h"

namespace sgdbench {

class ServerLock {
 public:
  using Inside = std::unique_lock<std::mutex>;

  explicit ServerLock(std::size_t workers) : waiters_(workers) {}

  /// Begins a contact of the worker in `context` (WorkerContext::begin_contact()).
  Inside enter(WorkerContext& context, bool timed, Activity activity, std::uint64_t gradient) {
    const bool free = lock_or_wait(mutex_, [&] { context.enter(Activity::wait); });
    context.begin_contact(timed, free, activity, gradient);
    return {mutex_, std::adopt_lock};
  }
  /// Of several who look one raises the signal. Acquire and release: after its owner cleared it.
  void leave(Run& run, Inside& lock) {
    const bool wakes = std::exchange(wakes_, false);
    lock.unlock();
    if (!wakes) return;
    for (std::size_t w = 0; w < waiters_.size(); ++w) {
      run.contexts[w].injector.wake_cancelled();
      if (waiters_[w].woken.exchange(false, std::memory_order_acquire)) waiters_[w].release.raise();
    }
  }

  /// Leaves, waits until somebody wakes this worker, and enters again.
  void wait(Run& run, std::size_t worker, Inside& lock) {
    Waiter& waiter = waiters_[worker];
    WorkerContext& context = run.contexts[worker];
    waiter.waiting = true;
    waiter.release.clear();
    leave(run, lock);
    context.interrupt_contact();
    context.enter(Phase::wait);
    waiter.release.wait();
    lock = enter(context, true, Activity::pull, 0);
  }
  /// Wakes `worker`, if it waits, on leaving.
  void wake(std::size_t worker) {
    if (!std::exchange(waiters_[worker].waiting, false)) return;
    waiters_[worker].woken.store(true, std::memory_order_release);
    wakes_ = true;
  }
  void wake_all() {
    for (std::size_t w = 0; w < waiters_.size(); ++w) wake(w);
  }
  /// Wakes the worker in `context` on leaving, if it sleeps for what is not wanted any more.
  void cancel(WorkerContext& context) {
    context.injector.cancel();
    wakes_ = true;
  }

 private:
  struct alignas(64) Waiter {
    bool waiting = false;            ///< for `release`
    std::atomic<bool> woken{false};  ///< `release` is to be raised
    Signal release;
  };

  std::mutex mutex_;
  std::vector<Waiter> waiters_;
  bool wakes_ = false;  ///< somebody is to be woken
};

}  // namespace sgdbench
