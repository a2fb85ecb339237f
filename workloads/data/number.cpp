#include "workloads/data/number.h"

#include <charconv>
#include <cmath>
#include <system_error>

#include "workloads/data/text.h"

namespace sgdbench {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool in_number(char c) {
  return is_digit(c) || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

bool starts_with_word(const char* p, const char* end, std::string_view word) {
  if (p < end && (*p == '-' || *p == '+')) ++p;
  for (const char c : word) {
    if (p == end || (*p | 0x20) != c) return false;
    ++p;
  }
  return true;
}

}  // namespace

const char* parse_float_slowly(const char* p, float& value) {
  if (*p == '+') ++p;
  const char* first = *p == '-' ? p + 1 : p;
  if (!is_digit(*first) && !(*first == '.' && is_digit(first[1]))) return nullptr;
  const char* last = first;
  while (in_number(*last)) ++last;
  const auto [end, error] = std::from_chars(p, last, value);
  if (error == std::errc()) return std::isfinite(value) ? end : nullptr;
  // Too large, or too small for a float: the double tells which.
  double wide = 0;
  const auto [wide_end, wide_error] = std::from_chars(p, last, wide);
  if (wide_error != std::errc() || std::abs(wide) > 1) return nullptr;
  value = static_cast<float>(wide);
  return wide_end;
}

std::string describe_bad_number(const char* p, const char* end) {
  const std::string text = quoted(p, end);
  if (starts_with_word(p, end, "nan") || starts_with_word(p, end, "inf"))
    return text + " is not a finite number";
  float value = 0;
  const char* stop = parse_float(p, value);
  if (stop != nullptr) return text + " is not a number: it goes on after its digits";
  if (p < end && (is_digit(*p) || ((*p == '-' || *p == '+') && is_digit(p[1]))))
    return text + " is beyond the range of single precision";
  return text + " is not a number";
}

}  // namespace sgdbench
