// Why a run ends before its work does: the first reason wins, and everybody sees it.
#pragma once

#include <atomic>

#include "backends/backend.h"
#include "backends/waiting.h"

namespace sgdbench {

/// Thread safety: any worker may call anything. Relaxed is enough: a worker that sees the reason a
/// block late trains one block more, and results are read after the join.
class StopControl {
 public:
  /// Time is told by `pause`, if there is one.
  StopControl(const std::atomic<bool>& interrupt, double max_seconds, const Pause* pause)
      : interrupt_(interrupt), limit_(static_cast<Nanoseconds>(max_seconds * 1e9)), pause_(pause) {}

  void start(Nanoseconds now) { deadline_ = limit_ > 0 ? now + limit_ : 0; }

  /// Polled by every worker at every block. The clock is read only where there is a limit.
  bool should_stop() {
    if (reason_.load(std::memory_order_relaxed) != Stopped::completed) return true;
    if (interrupt_.load(std::memory_order_relaxed)) return stop(Stopped::interrupted);
    if (deadline_ != 0 && (pause_ ? pause_->clock() : now()) >= deadline_)
      return stop(Stopped::time_limit);
    return false;
  }
  bool stop(Stopped reason) {
    Stopped none = Stopped::completed;
    reason_.compare_exchange_strong(none, reason, std::memory_order_relaxed);
    return true;
  }
  Stopped reason() const { return reason_.load(std::memory_order_relaxed); }

 private:
  const std::atomic<bool>& interrupt_;
  Nanoseconds limit_;
  Nanoseconds deadline_ = 0;
  const Pause* pause_;
  std::atomic<Stopped> reason_{Stopped::completed};
};

}  // namespace sgdbench
