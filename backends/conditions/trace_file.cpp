#include "backends/conditions/trace_file.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>

#include "workloads/data/error.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr std::string_view kSpace = " \t\r";

/// Without a comment and the space around it.
std::string_view content_of(std::string_view line) {
  line = line.substr(0, line.find('#'));
  const auto first = line.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kSpace) - first + 1);
}

/// Without a unit, the number is of seconds.
Seconds read_duration(std::string_view text) {
  double plain = 0;
  const auto* const end = text.data() + text.size();
  const bool is_plain = std::from_chars(text.data(), end, plain).ptr == end;
  return parse_duration(is_plain ? std::string(text) + "s" : std::string(text));
}

}  // namespace

std::vector<Seconds> read_durations(const std::string& path) {
  std::ifstream file(path);
  if (!file)
    throw MissingData("cannot read the trace " + path + ": " + std::strerror(errno) +
                      "; a trace has a duration a line");
  std::vector<Seconds> durations;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    const auto text = content_of(line);
    if (text.empty()) continue;
    try {
      durations.push_back(read_duration(text));
    } catch (const UsageError& error) {
      throw BadData(path + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  if (file.bad() || (!file.eof() && file.fail()))
    throw MissingData("cannot read the trace " + path + ": is it a folder?");
  if (durations.empty())
    throw BadData(path + ":1: the trace is empty; it should have a duration a line, as in 1.5ms");
  return durations;
}

std::string duration_text(Seconds duration) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), duration).ptr;
  return std::string(digits.data(), end) + "s";
}

}  // namespace sgdbench
