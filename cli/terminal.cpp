#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <ctime>

#include "cli/options.h"
#include "results/atomic_file.h"
#include "results/files.h"
#include "results/text.h"

namespace sgdbench {

void print(std::string_view text) {
  write_atomically("-", text);
}

void talk(std::string_view line) noexcept {
  try {
    constexpr std::size_t kMost = 4'000;
    talk_raw(fmt::format("sgdbench: {}\n", printable(shortened(with_option_names(line), kMost))));
  } catch (const std::exception&) {
    // There is no memory for a line.
  }
}

void talk_raw(std::string_view text) noexcept {
  try {
    write_all(STDERR_FILENO, text, "stderr");
  } catch (const std::exception&) {
    // stderr is closed.
  }
}

namespace {

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace

std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  const long hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, rest)
                   : fmt::format("{}:{:02}", minutes, rest);
}

Progress::Progress(std::size_t steps, bool quiet)
    : steps_(steps), quiet_(quiet), visible_(!quiet && isatty(STDERR_FILENO) == 1) {}

void Progress::note(std::string_view what) {
  if (quiet_) return;
  clear();
  // Not by fmt, which throws where stderr is closed.
  talk(fmt::format("note: {}", what));
}

void Progress::say(std::string_view what) {
  draw(what, "");
}

void Progress::step(std::string_view what) {
  if (!warning_.empty() && !quiet_) {
    clear();
    talk(fmt::format("warning: {}", warning_));
  }
  warning_.clear();
  std::string eta;
  if (finished_ > 0) {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
    const auto left = steps_ > done_ ? steps_ - done_ : 0;
    eta = "  ETA " +
          clock_text(spent.count() / static_cast<double>(finished_) * static_cast<double>(left));
  }
  ++done_;
  ++finished_;
  draw(fmt::format("[{}/{}] {}", done_, steps_, what), eta);
}

void Progress::clear() {
  if (visible_) talk_raw("\r\x1b[K");
}

void Progress::draw(std::string_view what, std::string_view eta) const {
  if (!visible_) return;
  const auto columns = terminal_columns() - 1;
  const auto room = columns > eta.size() ? columns - eta.size() : 0;
  talk_raw(fmt::format("\r\x1b[K{:.{}}{}", printable(what), room, eta));
}

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
