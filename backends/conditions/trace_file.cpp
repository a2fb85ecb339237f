#include "backends/conditions/trace_file.h"

#include <algorithm>

#include "results/text.h"
#include "workloads/data/input_file.h"
#include "workloads/data/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr std::string_view kSpace = " \t\r";
constexpr std::size_t kLongest = 100;  // bytes; no number needs more

/// Without a comment and the space around it.
std::string_view content_of(std::string_view line) {
  line = line.substr(0, line.find('#'));
  const auto first = line.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kSpace) - first + 1);
}

/// Without a unit, the number is of seconds.
Seconds read_duration(std::string_view text) {
  return parse_duration(read_number<double>(text).rest.empty() ? std::string(text) + "s"
                                                               : std::string(text));
}

}  // namespace

std::vector<Seconds> parse_durations(std::string_view text, const std::string& name) {
  std::vector<Seconds> durations;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto content = content_of(line);
    if (content.empty()) continue;
    if (content.size() > kLongest)
      throw BadData(name + ":" + std::to_string(number) + ": " +
                    quoted(content.data(), content.data() + content.size()) + " is no duration");
    try {
      durations.push_back(read_duration(content));
    } catch (const UsageError& error) {
      throw BadData(name + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  if (durations.empty())
    throw BadData(name + ":1: the trace is empty; it should have a duration a line, as in 1.5ms");
  return durations;
}

std::vector<Seconds> read_durations(const std::string& path) {
  try {
    // The text of a distribution is read more than once, which stdin can't be.
    const InputFile file(path == kStandardInput ? "./" + path : path);
    return parse_durations(file.bytes(), path);
  } catch (const MissingData& error) {
    throw MissingData("cannot read the trace " + std::string(error.what()) +
                      "; a trace has a duration a line");
  }
}

std::string duration_text(Seconds duration) {
  return shortest_text(duration) + "s";
}

}  // namespace sgdbench
