#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/outputs.h"
#include "results/printable.h"

namespace sgdbench {
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

}  // namespace sgdbench
