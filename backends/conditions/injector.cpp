#include "backends/conditions/injector.h"

#include <algorithm>

#include "backends/waiting.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace sgdbench {
namespace {

// A signal handler can wake nobody: sleepers look for its flag so often.
constexpr Nanoseconds kLook = 10'000'000;
// Nor a message.
constexpr Nanoseconds kLookForMessages = 200'000;

constexpr Seconds kForEver = 1e9;

Nanoseconds to_nanoseconds(Seconds s) {
  return static_cast<Nanoseconds>(std::min(s, kForEver) * 1e9);
}

/// The system may let this thread's sleeps end together with others', 50 µs late by default: not
/// these.
void wake_in_time() {
#ifdef __linux__
  thread_local const bool done = prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) == 0;
  static_cast<void>(done);
#endif
}

}  // namespace

void Injector::reset(const Conditions& conditions, std::uint64_t seed, std::size_t worker,
                     Pause* pause, StopControl& stop, SharedLink& link) {
  any_ = conditions.any();
  messages_ = conditions.delays_messages();
  conditions_ = &conditions;
  seed_ = seed;
  worker_ = worker;
  made_ = 0;
  traffic_ = {};
  pause_ = pause;
  stop_ = &stop;
  link_ = &link;
  renew();
}

bool Injector::finish(std::uint64_t count, Nanoseconds begun) {
  const std::uint64_t first = made_;
  made_ += count;
  if (!conditions_->delays_compute()) return !cancelled();
  const Seconds own = seconds(time() - begun) / static_cast<double>(count);
  Seconds whole = 0;
  for (std::uint64_t k = first; k < made_; ++k)
    whole += compute_time(*conditions_, seed_, worker_, k, own);
  return wait_until(begun + to_nanoseconds(whole));
}

Nanoseconds Injector::latency(Purpose purpose, std::uint64_t number) const {
  return to_nanoseconds(message_latency(*conditions_, seed_, worker_, number, purpose));
}

Injector::Passage Injector::pull(std::uint64_t bytes, PullTicket ticket) {
  if (!messages_) return {};
  ++traffic_.pulls;
  traffic_.pull_bytes += static_cast<double>(bytes);
  const Nanoseconds begun = time(), latency = this->latency(Purpose::pull, made_);
  if (!link_->is_limited()) return {wait_until(begun + latency)};
  Turn<Nanoseconds> turn = link_->reserve(begun, bytes);
  bool whole = true;
  if (ticket.group != nullptr) {
    ticket.group->join(ticket.number, turn);
    whole = wait_until(turn.end);
    turn = ticket.group->turn(ticket.number, turn);
  }
  whole = whole && wait_until(turn.end + latency);
  return {whole, {begun, std::max(begun, turn.begin)}};
}

Injector::Passage Injector::push(std::uint64_t bytes) {
  if (!messages_) return {};
  const Nanoseconds arrival = time() + latency(Purpose::push, made_ - 1);
  if (!wait_until(arrival)) return {false};
  ++traffic_.pushes;
  traffic_.push_bytes += static_cast<double>(bytes);
  if (!link_->is_limited()) return {};
  const auto turn = link_->reserve(arrival, bytes);
  return {wait_until(turn.end), {arrival, turn.begin}};
}

bool Injector::wait_until(Nanoseconds deadline) {
  // Whoever was held up by a pause finds the clock set back by it, and waits for the rest.
  while (!over()) {
    if (time() >= deadline) return true;
    if (pause_) pause_->idle(worker_);
    if (conditions_->mode == DelayMode::sleep)
      sleep_until(deadline);
    else
      spin_until(deadline);
    if (pause_) pause_->busy(worker_);
  }
  return false;
}

void Injector::sleep_until(Nanoseconds deadline) {
  wake_in_time();
  std::unique_lock lock(mutex_);
  sleeps_.store(true, std::memory_order_seq_cst);
  while (!over()) {
    const Nanoseconds left = deadline - time();
    if (left <= 0) break;
    wake_.wait_for(lock,
                   std::chrono::nanoseconds(std::min(left, look_ ? kLookForMessages : kLook)));
  }
  sleeps_.store(false, std::memory_order_relaxed);
}

void Injector::spin_until(Nanoseconds deadline) {
  while (!over() && time() < deadline) relax();
}

void Injector::wake_cancelled() {
  if (!cancelled() || !sleeps_.load(std::memory_order_seq_cst)) return;
  { const std::lock_guard lock(mutex_); }
  wake_.notify_one();
}

}  // namespace sgdbench
