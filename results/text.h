// Text that goes into the program and out of it: numbers read and written, words for a shell, names
// as numbers, and whatever comes from outside made fit for a terminal.
//
// The idea of the last: labels, names, cells, keys and lines of files are kept as they are, and
// reports that programs read get them as they are. Where people read them, all of it passes through
// here: what is said on stderr, the cells of tables, whole texts on stdout.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace sgdbench {

/// What std::from_chars makes of a text, whatever the locale: true where all of it is a number.
template <class Number>
struct NumberRead {
  Number value{};
  std::errc error{};      ///< why it begins with none: no digits, or out of range
  std::string_view rest;  ///< what follows the number
  explicit operator bool() const { return error == std::errc{} && rest.empty(); }
};
template <class Number, class... Base>
NumberRead<Number> read_number(std::string_view text, Base... base) {
  NumberRead<Number> read;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, read.value, base...);
  read.error = error;
  read.rest = {stop, static_cast<std::size_t>(end - stop)};
  return read;
}

/// 16 hexadecimal digits: as a number, readers that hold integers in doubles would round it.
std::string hex_text(std::uint64_t number);

/// FNV-1a: a number for a name, the same on every machine. Not cryptographic.
std::uint64_t text_number(std::string_view text);

/// `text` as one word of a POSIX shell.
std::string shell_quote(std::string_view text);

/// The words in one line, each quoted where it must be.
std::string shell_line(const std::vector<std::string>& words);

/// Bytes of the UTF-8 character that `text` begins with; 0 where it begins with none.
std::size_t character_length(std::string_view text);

/// `text` from any source, fit for a terminal, on one line: of what moves its cursor, changes its
/// state or hides how text reads (control characters, invisible ones, those that turn the
/// direction, bytes that are no UTF-8), a visible escape stays: \n, \x1b, \u202e. What is fit
/// already is not changed.
std::string printable(std::string_view text);
/// The same line by line.
std::string printable_lines(std::string_view text);

/// `text`, or where it is longer than `most` bytes its beginning and its end, and … between them.
std::string shortened(std::string_view text, std::size_t most);

}  // namespace sgdbench
