// Durations and bandwidths as they are written, and files of durations.
#include <algorithm>
#include <array>
#include <cmath>

#include "backends/conditions/distribution.h"
#include "results/text.h"
#include "workloads/data/input_file.h"
#include "workloads/data/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

struct Unit {
  std::string_view name;
  double value;
  bool divides = false;  ///< the number is divided by it: 1.5/1000 is rounded once, 1.5·0.001 twice
};

constexpr auto kTimes =
    std::to_array<Unit>({{"s", 1}, {"ms", 1e3, true}, {"us", 1e6, true}, {"ns", 1e9, true}});

constexpr auto kRates = std::to_array<Unit>({{"B", 1},
                                             {"kB", 1e3},
                                             {"KB", 1e3},
                                             {"MB", 1e6},
                                             {"GB", 1e9},
                                             {"TB", 1e12},
                                             {"KiB", 0x1p10},
                                             {"MiB", 0x1p20},
                                             {"GiB", 0x1p30},
                                             {"bit", 8, true},
                                             {"kbit", 1e3 / 8},
                                             {"Mbit", 1e6 / 8},
                                             {"Gbit", 1e9 / 8},
                                             {"Tbit", 1e12 / 8}});

constexpr std::string_view kUnlimited = "unlimited";

/// The number at the start of `text`, which is left with what follows it. Throws UsageError.
double take_number(std::string_view& text, const std::string& what, const std::string& examples) {
  const auto whole = text;
  const auto [value, error, rest] = read_number<double>(text);
  if (error == std::errc::invalid_argument)
    throw UsageError(quoted(whole) + " is no " + what + ": " + examples);
  if (error != std::errc() || !std::isfinite(value))
    throw UsageError(quoted(whole) + " is no finite " + what + ": " + examples);
  if (std::signbit(value) && value != 0)
    throw UsageError(quoted(whole) + " is negative: " + examples);
  text = rest;
  return std::abs(value);
}

/// value·unit; throws UsageError.
template <class Units>
double in_units(double value, std::string_view name, const Units& units, std::string_view whole,
                const std::string& what) {
  for (const auto& unit : units) {
    if (unit.name != name) continue;
    const double result = unit.divides ? value / unit.value : value * unit.value;
    if (!std::isfinite(result)) throw UsageError(quoted(whole) + " is no finite " + what);
    return result;
  }
  std::string valid;
  for (const auto& unit : units) (valid += valid.empty() ? "" : ", ") += unit.name;
  throw UsageError(quoted(whole) +
                   (name.empty() ? " has no unit" : " has the unknown unit " + quoted(name)) +
                   "; valid: " + valid);
}

}  // namespace

std::string quoted(std::string_view text) {
  return std::string("'").append(text).append("'");
}

Seconds parse_duration(std::string_view text) {
  auto unit = text;
  const double value = take_number(unit, "time", "write 0, 250us, 1.5ms or 2s");
  if (value == 0 && unit.empty()) return 0;
  return in_units(value, unit, kTimes, text, "time");
}

double parse_bandwidth(std::string_view text) {
  if (text == kUnlimited) return 0;
  auto unit = text;
  const double value = take_number(unit, "bandwidth", "write 1.25GB, 10Gbit or unlimited");
  if (value == 0) throw UsageError("nothing passes at " + quoted(text) + ": write unlimited");
  if (unit.ends_with("/s")) unit.remove_suffix(2);
  return in_units(value, unit, kRates, text, "bandwidth");
}

std::string bandwidth_text(double rate) {
  if (rate == 0) return std::string(kUnlimited);
  // The largest unit in which it is at least 1 and comes back as it was.
  for (const std::string_view name : {"TB", "GB", "MB", "kB", "B"}) {
    const auto unit =
        std::find_if(kRates.begin(), kRates.end(), [&](const Unit& u) { return u.name == name; });
    const double value = rate / unit->value;
    if (name != "B" && (value < 1 || value * unit->value != rate)) continue;
    return shortest_text(value).append(name);
  }
  return "";
}

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
