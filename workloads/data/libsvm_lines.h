// How many rows a piece of LIBSVM text has, and how large each can be, at the speed of memory.
//
// A line is a row if it has something before a '#' that is no blank, which is what the parser will
// say as well. A row has at most as many entries as its line has colons.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sgdbench {

/// ' ', tab, or the '\r' of a line end.
inline bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// The colons in the line of each row. `chunk` holds whole lines and is followed by
/// InputFile::kPadding readable bytes. Throws TextError where a line has more than 2^31.
std::vector<std::uint32_t> colons_of_rows(std::string_view chunk);

}  // namespace sgdbench
