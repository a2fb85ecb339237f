#include "cli/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "workloads/names.h"

namespace sgdbench {
namespace {

/// Reads the whole of `text` as a T; `what` names the kind of number in the error.
template <class T>
T parse_whole(std::string_view text, std::string_view what) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::result_out_of_range)
    throw UsageError(fmt::format("'{}' is too large or too small for {}", text, what));
  if (error != std::errc{}) throw UsageError(fmt::format("'{}' is not {}", text, what));
  if (stop != end)
    throw UsageError(fmt::format("'{}' is not {}: '{}' is left over", text, what,
                                 std::string_view(stop, static_cast<std::size_t>(end - stop))));
  return value;
}

struct ByteUnit {
  std::string_view name;
  double bytes;
};
/// The larger come first.
constexpr ByteUnit kByteUnits[] = {{"TiB", 0x1p40}, {"TB", 1e12}, {"GiB", 0x1p30}, {"GB", 1e9},
                                   {"MiB", 0x1p20}, {"MB", 1e6},  {"KiB", 0x1p10}, {"kB", 1e3},
                                   {"KB", 1e3},     {"B", 1},     {"", 1}};

void check(double value, std::string_view text, const Interval& allowed, std::string_view unit) {
  if (value < allowed.least || (allowed.open_below && value == allowed.least))
    throw UsageError(fmt::format("{} is too small: {} {}{}", text,
                                 allowed.open_below ? "above" : "at least", allowed.least, unit));
  if (value > allowed.most || (allowed.open_above && value == allowed.most))
    throw UsageError(fmt::format("{} is too large: {} {}{}", text,
                                 allowed.open_above ? "below" : "at most", allowed.most, unit));
}

}  // namespace

std::uint64_t parse_count(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto value = parse_whole<std::uint64_t>(text, "a whole number");
  if (value < least) throw UsageError(fmt::format("{} is too small: at least {}", text, least));
  if (value > most) throw UsageError(fmt::format("{} is too large: at most {}", text, most));
  return value;
}

double parse_real(std::string_view text, const Interval& allowed) {
  const auto value = parse_whole<double>(text, "a number");
  if (!std::isfinite(value)) throw UsageError(fmt::format("'{}' is not a finite number", text));
  check(value, text, allowed, "");
  return value;
}

double parse_percent(std::string_view text, const Interval& allowed) {
  const bool percent = text.ends_with('%');
  double value = parse_real(text.substr(0, text.size() - percent));
  // Who types 1 means 1 %, and would get all.
  if (!percent && value >= 1)
    throw UsageError(fmt::format("{} is no share below 1: write {}%", text, text));
  // 100·0.07 is 7.000000000000001, but 0.07 means 7 %.
  if (!percent) value = parse_whole<double>(fmt::format("{:.15g}", 100 * value), "a number");
  check(value, text, allowed, "%");
  return value;
}

std::uint64_t parse_bytes(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view unit = text.substr(digits);
  const auto row = std::find_if(std::begin(kByteUnits), std::end(kByteUnits),
                                [&](const ByteUnit& candidate) { return candidate.name == unit; });
  if (digits == 0 || row == std::end(kByteUnits))
    throw UsageError(fmt::format("'{}' is no number of bytes: write 4GB, 1.5MB or 2GiB", text));
  const double bytes = parse_whole<double>(text.substr(0, digits), "a number") * row->bytes;
  check(bytes, text, {.least = 1, .most = 1e18}, "bytes");
  return static_cast<std::uint64_t>(std::llround(bytes));
}

std::string bytes_option_text(std::uint64_t bytes) {
  for (const ByteUnit& unit : kByteUnits)
    if (const auto size = static_cast<std::uint64_t>(unit.bytes); bytes % size == 0)
      return fmt::format("{}{}", bytes / size, unit.name);
  return "";
}

std::string number_text(double value) {
  // A value that was read from text without a point is shown without one.
  return fmt::format("{:g}", value).size() <= 6 && std::stod(fmt::format("{:g}", value)) == value
             ? fmt::format("{:g}", value)
             : fmt::format("{}", value);
}

}  // namespace sgdbench
