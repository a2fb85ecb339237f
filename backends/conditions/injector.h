// Conditions on a real thread: a worker's gradients and messages take as long as they are said to,
// by waiting for what is missing.
//
// The idea: a gradient that took `own` on the worker's clock lasts until slowdown·(own + delay)
// after its beginning (conditions.h). A deadline, not a duration: what computing took is not waited
// for again, and a wait that was broken into pieces adds up to what it should be.
//
// Invariant: the clock is the context's, which stands still in a pause, so a pause takes nothing of
// a delay. A worker that waits here stands still for whoever pauses.
//
// A message waits for its turn on the link that all workers share (link.h) and for its latency. Its
// turn, too, is a deadline: it is reserved for when the message comes by its delays, not for when
// the system let the worker see to it.
//
// Departures: a factor below 1 can't make a thread faster than it is, and a sleeper wakes up when
// the system lets it, some tens of microseconds late.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

#include "backends/conditions/conditions.h"
#include "backends/conditions/link.h"
#include "backends/stop.h"
#include "backends/waiting.h"

namespace sgdbench {

/// Thread safety: it belongs to one worker; cancel(), wake_cancelled() and renew() may be called by
/// any thread.
class Injector {
 public:
  /// Before a run. `pause` may be null; it, `conditions`, `stop` and `link` must outlive the run.
  void reset(const Conditions& conditions, std::uint64_t seed, std::size_t worker, Pause* pause,
             StopControl& stop, SharedLink& link);

  void reset(Conditions&&, std::uint64_t, std::size_t, Pause*, StopControl&, SharedLink&) = delete;

  bool delays_messages() const { return messages_; }
  /// This worker's messages of the run.
  const Traffic& traffic() const { return traffic_; }

  /// compute() makes the next `count` gradients; returns when their time has passed. False where it
  /// did not pass whole: the run stops, or they were cancelled.
  template <class Compute>
  bool gradients(std::uint64_t count, Compute compute) {
    if (!any_) [[likely]] {
      compute();
      return true;
    }
    const Nanoseconds begun = time();
    compute();
    return finish(count, begun);
  }
  template <class Compute>
  bool gradient(Compute compute) {
    return gradients(1, compute);
  }

  /// The next `count` gradients are not made, and their times are nobody's: a worker whose long
  /// pull was cancelled doesn't draw the same one again, and again.
  void skip(std::uint64_t count) { made_ += count; }

  /// What became of a message.
  struct Passage {
    bool whole = true;          ///< false as above
    Turn<Nanoseconds> queue{};  ///< when it waited for its turn
  };
  /// Waits for the parameters that the next gradient is computed from, beside the others that this
  /// worker was let go with.
  Passage pull(std::uint64_t bytes, PullTicket ticket = {});
  /// Waits for what the last gradient became to arrive.
  Passage push(std::uint64_t bytes);

  /// What this worker waits for is not wanted any more: it doesn't begin to wait until renew(), and
  /// what it waits for ends soon, at once where somebody calls wake_cancelled() too.
  void cancel() { cancelled_.store(true, std::memory_order_seq_cst); }
  void wake_cancelled();
  void renew() { cancelled_.store(false, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_seq_cst); }
  /// While this worker waits, it calls this now and then: a message may cancel what it waits for.
  void watch(std::function<void()> look) { look_ = std::move(look); }

 private:
  Nanoseconds time() const { return pause_ ? pause_->clock() : now(); }
  bool finish(std::uint64_t count, Nanoseconds begun);
  Nanoseconds latency(Purpose purpose, std::uint64_t number) const;
  bool wait_until(Nanoseconds deadline);
  bool over() {
    if (look_) look_();
    return cancelled() || stop_->should_stop();
  }
  void sleep_until(Nanoseconds deadline);
  void spin_until(Nanoseconds deadline);

  bool any_ = false, messages_ = false;
  const Conditions* conditions_ = nullptr;
  std::uint64_t seed_ = 0;
  std::size_t worker_ = 0;
  std::uint64_t made_ = 0;  ///< gradients of this run
  Traffic traffic_;
  Pause* pause_ = nullptr;
  StopControl* stop_ = nullptr;
  SharedLink* link_ = nullptr;
  std::function<void()> look_;

  // Sequentially consistent: a worker says that it sleeps and then looks at the flag, who cancels
  // raises the flag and then looks for a sleeper, and one of the two sees the other. The mutex
  // keeps the call to wake up from falling between the sleeper's look at the flag and its sleep.
  std::atomic<bool> cancelled_{false}, sleeps_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
};

}  // namespace sgdbench
