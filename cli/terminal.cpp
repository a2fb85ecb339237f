#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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

namespace {

struct Scale {
  double factor;
  std::string_view unit;
};

/// Three significant digits, without an exponent for values in [1, 1000).
std::string three_digits(double value) {
  const double size = value < 0 ? -value : value;
  return fmt::format("{:.{}f}", value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

/// `scales` from the largest down; the last serves everything below.
template <std::size_t N>
std::string scaled(double value, const std::array<Scale, N>& scales) {
  for (const auto& [factor, unit] : scales)
    if (value >= 0.9995 * factor || factor == scales.back().factor)
      return three_digits(value / factor) + std::string(unit);
  return "";
}

/// Beside the row where there is room for some words, else on lines of its own below.
std::string with_note(std::string row, std::string_view note) {
  constexpr std::size_t kRoom = 40, kIndent = 4, kBelow = 2;
  if (row.empty()) return fmt::format("{:{}}{}", "", kBelow, wrap(note, kBelow));
  const auto left = display_width(row) + 2;
  if (left + kRoom <= kScreen) return fmt::format("{}  {}", row, wrap(note, left));
  row.erase(row.find_last_not_of(' ') + 1);
  return fmt::format("{}\n{:{}}{}", row, "", kIndent, wrap(note, kIndent));
}

}  // namespace

std::string human_seconds(double seconds) {
  if (seconds == 0) return "0 s";
  static constexpr std::array<Scale, 4> scales{
      {{1, " s"}, {1e-3, " ms"}, {1e-6, " µs"}, {1e-9, " ns"}}};
  return scaled(seconds, scales);
}

std::string human_count(double count) {
  static constexpr std::array<Scale, 3> scales{{{1e9, " G"}, {1e6, " M"}, {1e3, " k"}}};
  if (count < 999.5) return fmt::format("{:.3g}", count);
  return scaled(count, scales);
}

std::string human_bytes(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (value >= 1e12) return fmt::format("{:.3g} TB", value / 1e12);
  if (value >= 1e9) return fmt::format("{:.3g} GB", value / 1e9);
  return fmt::format("{:.3g} MB", value / 1e6);
}

std::string human_share(double share) {
  const double percent = 100 * share;
  return percent > 0 && percent < 0.95 ? fmt::format("{:.1f} %", percent)
                                       : fmt::format("{:.0f} %", percent);
}

std::string human_ratio(double ratio) {
  return fmt::format("{:.{}f}×", ratio, ratio < 9.995 ? 2 : 0);
}

std::string wrap(std::string_view text, std::size_t left) {
  std::string out;
  std::size_t column = left;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const auto width = display_width(word);
    if (column > left && column + 1 + width > kScreen) {
      out += '\n' + std::string(left, ' ');
      column = left;
    } else if (column > left) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width;
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  // Bytes that begin a character: all but those of the form 10xxxxxx.
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

TextTable::TextTable(std::vector<std::string> header, std::vector<std::size_t> left)
    : left_(std::move(left)) {
  left_.push_back(0);
  add(std::move(header));
}

void TextTable::add(std::vector<std::string> row) {
  for (auto& cell : row) cell = printable(cell);
  rows_.push_back(std::move(row));
}

void TextTable::add_note(std::vector<std::string> cells, std::string_view note) {
  add(std::move(cells));
  notes_.emplace_back(rows_.size() - 1, printable(note));
}

std::string TextTable::line(const std::vector<std::string>& cells,
                            const std::vector<std::size_t>& widths) const {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string pad(widths[i] - display_width(cells[i]), ' ');
    const bool left = std::find(left_.begin(), left_.end(), i) != left_.end();
    text += (i ? "  " : "") + (left ? cells[i] + pad : pad + cells[i]);
  }
  return text;
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  std::string text;
  auto note = notes_.begin();
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    auto row = line(rows_[r], widths);
    if (note != notes_.end() && note->first == r) {
      row = with_note(std::move(row), note->second);
      ++note;
    }
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + '\n';
  }
  return text;
}

}  // namespace sgdbench
