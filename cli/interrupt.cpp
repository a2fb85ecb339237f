#include "cli/interrupt.h"

#include <csignal>

namespace sgdbench {
namespace {

std::atomic<bool> raised{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void set_handler(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

extern "C" void on_signal(int) {
  raised.store(true, std::memory_order_relaxed);
  set_handler(SIG_DFL);
}

}  // namespace

void catch_interrupts() {
  set_handler(on_signal);
}

const std::atomic<bool>& interrupted() {
  return raised;
}

}  // namespace sgdbench
