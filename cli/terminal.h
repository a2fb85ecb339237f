// The terminal: data on stdout, talk on stderr, one line that says what runs now, Ctrl-C; and
// numbers, lines and tables for people to read.
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

inline constexpr std::size_t kScreen = 100;  ///< columns that everything fits

/// Three significant digits and a unit: "41.2 ms", "1.23 s", "850 ns".
std::string human_seconds(double seconds);
/// Three significant digits and a factor: "1.23 M", "12.3 k", "410".
std::string human_count(double count);
/// "1.23 GB"; at least MB.
std::string human_bytes(std::uint64_t bytes);
/// "12 %", "0.4 %".
std::string human_share(double share);
/// "1.83×", "12×".
std::string human_ratio(double ratio);
/// "—" where there is no value.
template <class Format>
std::string or_dash(const std::optional<double>& value, Format format) {
  return value ? format(*value) : "—";
}

/// `text` broken at spaces so that lines that begin at column `left` end by kScreen; lines after
/// the first are indented. A word longer than a line stays whole.
std::string wrap(std::string_view text, std::size_t left);

/// Columns on a terminal, for text in UTF-8 of characters one column wide.
std::size_t display_width(std::string_view text);

/// Rows of cells, as wide as they need to be, two spaces between. The first column and those named
/// in `left` are aligned left, all others right. Cells and notes may be text from any file: they
/// are made printable.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header, std::vector<std::size_t> left = {});
  void add(std::vector<std::string> row);
  /// Free text after the first `cells.size()` cells, wrapped; indented where there are none.
  void add_note(std::vector<std::string> cells, std::string_view note);
  std::string text() const;

 private:
  std::string line(const std::vector<std::string>& cells,
                   const std::vector<std::size_t>& widths) const;
  std::vector<std::size_t> left_;
  std::vector<std::vector<std::string>> rows_;              ///< the header first
  std::vector<std::pair<std::size_t, std::string>> notes_;  ///< row, and what follows it
};

}  // namespace sgdbench
