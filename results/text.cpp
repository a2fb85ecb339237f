#include "results/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace sgdbench {
namespace {

/// Of a character of 2 bytes or more that character_length() knows.
std::uint32_t code_point(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  std::uint32_t code = lead & (0x7fu >> character.size());
  for (const char c : character.substr(1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3f);
  return code;
}

/// Control characters of Latin-1, and what has no shape of its own but acts on the text around it:
/// breaks its lines, turns its direction or hides in it.
bool acts_unseen(std::uint32_t code) {
  struct Range {
    std::uint32_t first, last;
  };
  constexpr Range kUnseen[] = {{0x80, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},
                               {0x180e, 0x180e}, {0x200b, 0x200b}, {0x200e, 0x200f},
                               {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff},
                               {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe007f}};
  return std::any_of(std::begin(kUnseen), std::end(kUnseen),
                     [&](const Range& range) { return code >= range.first && code <= range.last; });
}

/// Appends the first character of `text`, which is not empty, and returns its bytes.
std::size_t append_printable(std::string& out, std::string_view text) {
  const auto length = character_length(text);
  const auto byte = static_cast<unsigned char>(text.front());
  if (length > 1) {
    const auto code = code_point(text.substr(0, length));
    if (!acts_unseen(code))
      out += text.substr(0, length);
    else
      out += code > 0xffff ? fmt::format("\\U{:08x}", code) : fmt::format("\\u{:04x}", code);
    return length;
  }
  if (byte == '\n')
    out += "\\n";
  else if (byte == '\t')
    out += "\\t";
  else if (length == 0 || byte < ' ' || byte == 0x7f)
    out += fmt::format("\\x{:02x}", byte);
  else
    out += text.front();
  return 1;
}

/// What would do something else to a terminal than be read there, in a form that both it and the
/// shell understand: $'a\033b'.
std::string quoted_bytes(std::string_view text) {
  std::string quoted = "$'";
  for (const char c : text) {
    if (c == '\'' || c == '\\')
      quoted += {'\\', c};
    else if (c >= ' ' && c < '\x7f')
      quoted += c;
    else
      quoted += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  return quoted + '\'';
}

}  // namespace

std::string hex_text(std::uint64_t number) {
  return fmt::format("{:016x}", number);
}

std::uint64_t text_number(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

std::string shell_quote(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos)
    return std::string(text);
  if (printable(text) != text) return quoted_bytes(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + '\'';
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) {
    if (!line.empty()) line += ' ';
    line += shell_quote(word);
  }
  return line;
}

std::size_t character_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xc2   ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xc0) != 0x80) return 0;
  // No character has a shorter form too, is half of a pair or lies beyond the last one.
  if ((lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) > 0x9f) ||
      (lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) > 0x8f))
    return 0;
  return length;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) text.remove_prefix(append_printable(out, text));
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.front() == '\n') {
      out += '\n';
      text.remove_prefix(1);
    } else {
      text.remove_prefix(append_printable(out, text));
    }
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  const auto inside = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  std::size_t end = most - most / 4, begin = text.size() - most / 4;
  while (end > 0 && inside(end)) --end;
  while (begin < text.size() && inside(begin)) ++begin;
  return fmt::format("{} … {}", text.substr(0, end), text.substr(begin));
}

}  // namespace sgdbench
