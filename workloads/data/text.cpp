#include "workloads/data/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <system_error>

#include "workloads/names.h"

namespace sgdbench {
namespace {

void add_hex(std::string& text, unsigned char byte) {
  constexpr char kHex[] = "0123456789abcdef";
  text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
}

}  // namespace

std::string located(const InputFile& file, const TextError& error) {
  const std::string_view text = file.bytes();
  const std::string_view before =
      text.substr(0, static_cast<std::size_t>(error.where - text.data()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t last_end = before.rfind('\n');
  const std::size_t start = last_end == std::string_view::npos ? 0 : last_end + 1;
  return fmt::format("{}:{}:{}: {}", file.path(), line, before.size() - start + 1, error.what);
}

std::string quoted(const char* where, const char* end) {
  constexpr std::size_t kLongest = 24;
  std::string text = "'";
  std::size_t length = 0;
  for (const char* p = where; p < end; ++p, ++length) {
    const auto byte = static_cast<unsigned char>(*p);
    if (length > 0 && (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r')) break;
    if (length == kLongest) return text + "…'";
    if (byte >= 0x20 && byte < 0x7f)
      text += *p;
    else
      add_hex(text, byte);
  }
  return text + "'";
}

std::string quoted_name(std::string_view name) {
  constexpr std::size_t kLongest = 60;
  std::string text = "'";
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const bool begins_character = (byte & 0xc0) != 0x80;
    if (i >= kLongest && begins_character) return text + "…'";
    // Control characters, also those that UTF-8 writes in two bytes.
    const auto next = static_cast<unsigned char>(i + 1 < name.size() ? name[i + 1] : 0);
    if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && next < 0xa0))
      add_hex(text, byte);
    else
      text += name[i];
  }
  return text + "'";
}

std::vector<std::string_view> line_chunks(std::string_view text, std::size_t bytes) {
  std::vector<std::string_view> chunks;
  while (!text.empty()) {
    std::size_t size = text.size();
    if (size > bytes) {
      const std::size_t end = text.find('\n', bytes - 1);
      if (end != std::string_view::npos) size = end + 1;
    }
    chunks.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return chunks;
}

void for_each_chunk(const InputFile& file, std::size_t chunks, const ParallelFor& parallel,
                    const std::function<void(std::size_t)>& body) {
  std::vector<std::optional<TextError>> errors(chunks);
  parallel(chunks, [&](std::size_t i) {
    try {
      body(i);
    } catch (const TextError& error) {
      errors[i] = error;
    }
  });
  for (const auto& error : errors)
    if (error) throw BadData(located(file, *error));
}

void refuse_lone_returns(const InputFile& file, const ParallelFor& parallel) {
  const auto chunks = line_chunks(file.bytes(), kChunkBytes);
  for_each_chunk(file, chunks.size(), parallel, [&](std::size_t i) {
    const std::string_view text = chunks[i];
    for (std::size_t at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at)) {
      const std::size_t next = std::min(text.find_first_not_of(" \t\r", at), text.size());
      if (next < text.size() && text[next] != '\n')
        throw TextError{text.data() + at,
                        "a carriage return within a line; where it is meant to end the line, "
                        "convert the file first: tr '\\r' '\\n' < OLD > NEW"};
      at = next;
    }
  });
}

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
