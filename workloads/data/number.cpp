#include "workloads/data/number.h"

#include <charconv>
#include <cmath>
#include <limits>
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

const char* parse_decimal_slowly(const char* p, Decimal& decimal) {
  if (*p == '+') ++p;
  const char* first = *p == '-' ? p + 1 : p;
  if (!is_digit(*first) && !(*first == '.' && is_digit(first[1]))) return nullptr;
  const char* last = first;
  while (in_number(*last)) ++last;
  double wide = 0;
  const auto [end, error] = std::from_chars(p, last, wide);
  if (error != std::errc()) return nullptr;
  const double size = std::abs(wide);
  float nearest = 0;
  if (size >= std::numeric_limits<float>::min() && size <= std::numeric_limits<float>::max() &&
      !half_way_between_floats(wide)) {
    nearest = static_cast<float>(wide);
  } else if (std::from_chars(p, last, nearest).ec != std::errc()) {
    if (size > 1) return nullptr;
    nearest = static_cast<float>(wide);
  }
  decimal = {wide, nearest, false};
  return end;
}

std::string describe_bad_number(const char* p, const char* end) {
  const std::string text = quoted(p, end);
  if (starts_with_word(p, end, "nan") || starts_with_word(p, end, "inf"))
    return text + " is not a finite number";
  float value = 0;
  const char* const stop = parse_float(p, value);
  if (stop != nullptr && *stop == ',' && is_digit(stop[1]))
    return text + " is not a number: decimals are written with a point, not a comma";
  if (stop != nullptr) return text + " is not a number: it goes on after its digits";
  if (p < end && (is_digit(*p) || ((*p == '-' || *p == '+') && is_digit(p[1]))))
    return text + " is beyond the range of single precision";
  return text + " is not a number";
}

}  // namespace sgdbench
