#include "cli/interrupt.h"

#include <csignal>
#include <cstdint>
#include <ctime>

#include "results/files.h"

namespace sgdbench {
namespace {

std::atomic<bool> raised{false};
std::atomic<std::int64_t> raised_at{0};
static_assert(std::atomic<bool>::is_always_lock_free &&
              std::atomic<std::int64_t>::is_always_lock_free);

/// timeout(1) and some shells signal a process and then its group: that is one wish, not two.
constexpr std::int64_t kSameWish = 200'000'000;

std::int64_t nanoseconds_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void set_handler(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  // One at a time: the handler is not interrupted by the other signal.
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGINT);
  sigaddset(&action.sa_mask, SIGTERM);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

extern "C" void on_signal(int signal) {
  const auto now = nanoseconds_now();
  std::int64_t first = 0;  // when it was, if it was
  if (raised_at.compare_exchange_strong(first, now, std::memory_order_relaxed)) {
    raised.store(true, std::memory_order_relaxed);
  } else if (now - first > kSameWish) {
    set_handler(SIG_DFL);
    std::raise(signal);
  }
}

}  // namespace

void catch_interrupts() {
  stop_waiting_on(raised);
  set_handler(on_signal);
}

const std::atomic<bool>& interrupted() {
  return raised;
}

}  // namespace sgdbench
