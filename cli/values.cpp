#include "cli/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "results/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

/// Reads the whole of `text` as a T; `what` names the kind of number in the error.
template <class T>
T parse_whole(std::string_view text, std::string_view what) {
  const auto read = read_number<T>(text);
  if (read.error == std::errc::result_out_of_range)
    throw UsageError(fmt::format("'{}' is too large or too small for {}", text, what));
  if (read.error != std::errc{}) throw UsageError(fmt::format("'{}' is not {}", text, what));
  if (!read.rest.empty())
    throw UsageError(fmt::format("'{}' is not {}: '{}' is left over", text, what, read.rest));
  return read.value;
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
  // A user who types 1 means 1 %, and would get all.
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
  auto text = fmt::format("{:g}", value);
  return text.size() <= 6 && read_number<double>(text).value == value ? text
                                                                      : fmt::format("{}", value);
}

namespace {

/// `first..last[:xK|:+K]` in its parts; step is "" where none is said.
struct ListRange {
  std::string_view first, last, step;
  bool geometric = false;
};

bool read_range(std::string_view text, ListRange& range) {
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) return false;
  range.first = text.substr(0, dots);
  range.last = text.substr(dots + 2);
  const auto colon = range.last.find(':');
  if (colon == std::string_view::npos) return true;
  range.step = range.last.substr(colon + 1);
  range.last = range.last.substr(0, colon);
  if (range.step.empty() || (range.step[0] != 'x' && range.step[0] != '+'))
    throw UsageError(
        fmt::format("range '{}': the step is ':xK' (times K) or ':+K' (plus K)", text));
  range.geometric = range.step[0] == 'x';
  range.step.remove_prefix(1);
  return true;
}

[[noreturn]] void refuse_empty(std::string_view text) {
  throw UsageError(fmt::format("range '{}' is empty: its first number exceeds its last", text));
}

void append_counts(std::string_view text, const ListRange& range, std::vector<std::string>& out) {
  const auto last = parse_count(range.last);
  auto value = parse_count(range.first, range.geometric ? 1 : 0);
  const auto step =
      range.step.empty() ? 1 : parse_count(range.step, range.geometric ? 2 : 1, 1'000'000'000);
  if (value > last) refuse_empty(text);
  while (true) {
    out.push_back(std::to_string(value));
    check_length(out.size());
    // Compared without forming the next value, which might not fit.
    if (range.geometric ? value > last / step : last - value < step) return;
    value = range.geometric ? value * step : value + step;
  }
}

void append_reals(std::string_view text, const ListRange& range, std::vector<std::string>& out) {
  if (range.step.empty())
    throw UsageError(
        fmt::format("range '{}' needs a step: ':x10' (times) or ':+0.1' (plus)", text));
  const double first = parse_real(
      range.first, range.geometric ? Interval{.least = 0, .open_below = true} : Interval{});
  const double last = parse_real(range.last);
  const double step =
      parse_real(range.step, {.least = range.geometric ? 1.0 : 0.0, .open_below = true});
  if (first > last) refuse_empty(text);
  const double slack = 1e-9 * std::max(std::abs(first), std::abs(last));
  for (int i = 0;; ++i) {
    // Each value from the first, so that rounding does not pile up; 12 digits hide the rest.
    const double value = range.geometric ? first * std::pow(step, i) : first + step * i;
    if (value > last + slack) return;
    out.push_back(fmt::format("{:.12g}", value));
    check_length(out.size());
  }
}

template <class Append>
std::vector<std::string> expand_ranges(std::string_view text, Append append) {
  std::vector<std::string> out;
  for (const auto& part : split_list(text)) {
    ListRange range;
    if (read_range(part, range))
      append(part, range, out);
    else
      out.push_back(part);
    check_length(out.size());
  }
  return out;
}

/// In time proportional to the product of the lengths: where a letter does not match, the last star
/// takes one more. Earlier ones need not be tried again.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, after_star = std::string_view::npos, taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      taken = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (after_star != std::string_view::npos) {
      p = after_star;
      n = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

/// `key=value`, a generator's parameter; a path's `=` comes after a slash or a dot.
bool is_parameter(std::string_view part) {
  const auto equals = part.find('=');
  if (equals == 0 || equals == std::string_view::npos) return false;
  return part.substr(0, equals).find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") ==
         std::string_view::npos;
}

/// With a sign, so that a negative time is refused for what it is.
bool begins_number(std::string_view part) {
  return !part.empty() && std::string_view("0123456789.+-").find(part[0]) != std::string_view::npos;
}

bool is_generator(std::string_view source) {
  return source.find(':') < source.find_first_of("/,");
}

}  // namespace

void check_length(std::size_t length) {
  if (length > kLongest)
    throw UsageError(fmt::format("the list has more than {} values", kLongest));
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> parts{""};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() &&
        (text[i + 1] == separator || text[i + 1] == '\\')) {
      parts.back() += text[++i];
    } else if (text[i] == separator) {
      parts.emplace_back();
      check_length(parts.size());
    } else {
      parts.back() += text[i];
    }
  }
  if (std::find(parts.begin(), parts.end(), "") != parts.end())
    throw UsageError(fmt::format("'{}' has an empty value", text));
  return parts;
}

std::string escape_item(std::string_view item, char separator) {
  std::string text;
  for (const char c : item) {
    if (c == separator || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

std::vector<std::string> expand_counts(std::string_view text) {
  return expand_ranges(text, append_counts);
}

std::vector<std::string> expand_reals(std::string_view text) {
  return expand_ranges(text, append_reals);
}

std::vector<std::string> expand_names(std::string_view text, std::string_view kind,
                                      std::span<const std::string> valid) {
  std::vector<std::string> out;
  for (const auto& part : split_list(text)) {
    bool found = false;
    for (const auto& name : valid) {
      if (!matches(part, name)) continue;
      found = true;
      if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
    }
    if (!found) throw UsageError(unknown_name(kind, part, valid));
  }
  return out;
}

std::vector<std::string> expand_sources(std::string_view text) {
  std::vector<std::string> out;
  for (auto& part : split_list(text)) {
    if (!out.empty() && is_generator(out.back()) && is_parameter(part))
      out.back() += ',' + part;
    else
      out.push_back(std::move(part));
  }
  return out;
}

std::string escape_source(std::string_view source) {
  if (!is_generator(source) || source.find('\\') != std::string_view::npos)
    return escape_item(source);
  auto rest = source;
  for (auto comma = rest.find(','); comma != std::string_view::npos; comma = rest.find(',')) {
    rest.remove_prefix(comma + 1);
    if (!is_parameter(rest.substr(0, rest.find(',')))) return escape_item(source);
  }
  return std::string(source);
}

std::vector<std::string> expand_forms(std::string_view text) {
  std::vector<std::string> out;
  for (auto& part : split_list(text)) {
    if (!out.empty() && begins_number(part))
      out.back() += ',' + part;
    else
      out.push_back(std::move(part));
  }
  return out;
}

std::string escape_form(std::string_view form) {
  if (form.find('\\') != std::string_view::npos) return escape_item(form);
  for (auto comma = form.find(','); comma != std::string_view::npos;
       comma = form.find(',', comma + 1))
    if (!begins_number(form.substr(comma + 1))) return escape_item(form);
  return std::string(form);
}

}  // namespace sgdbench
