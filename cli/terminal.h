// The terminal: data on stdout, talk on stderr, one line that says what runs now, Ctrl-C.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "results/text.h"
#include "results/view/tables.h"

namespace sgdbench {

/// Data for stdout; throws WriteError.
void print(std::string_view text);

/// Talk: `sgdbench: LINE` on stderr, printable and of a length to be read. What can't be said there
/// is left out, and nothing fails for it.
void talk(std::string_view line) noexcept;
/// The same for text as it is.
void talk_raw(std::string_view text) noexcept;

/// Thread safety: one thread. It never draws while a run is timed: only before and after.
class Progress {
 public:
  /// `steps` runs, warm-ups included. Silent when `quiet` or when stderr is no terminal.
  Progress(std::size_t steps, bool quiet);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// To be said before the first step, unless quiet: what ends without a run has an error to say
  /// and nothing else.
  void warn_at_start(std::string warning) { warning_ = std::move(warning); }
  /// Says something for good, unless quiet.
  void note(std::string_view what);
  /// Says what goes on now, outside of the steps ("loading …").
  void say(std::string_view what);
  /// A step begins.
  void step(std::string_view what);
  /// Steps that will not happen after all.
  void skip(std::size_t steps) { done_ += steps; }
  void clear();

 private:
  void draw(std::string_view what, std::string_view eta) const;

  std::size_t steps_;
  std::size_t done_ = 0;      ///< begun or skipped
  std::size_t finished_ = 0;  ///< really run
  bool quiet_, visible_;
  std::string warning_;  ///< not said yet
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// "0:42", "1:02:03".
std::string clock_text(double seconds);

/// From now on, the first SIGINT or SIGTERM raises the flag; another one, unless it comes with the
/// first, ends the program. Thread safety: the handler uses lock-free atomics, clock_gettime(),
/// sigaction() and raise(), all safe inside a signal. The atomics are relaxed, because
/// nothing else is passed by them.
void catch_interrupts();

/// Raised once, by the handler; relaxed, as nothing else is passed by it.
const std::atomic<bool>& interrupted();

/// What the program exits with after an interrupt.
inline constexpr int kInterruptedExit = 130;

}  // namespace sgdbench
