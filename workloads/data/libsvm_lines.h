// How many rows a piece of LIBSVM text has, and how large each can be, at the speed of memory.
//
// A line is a row if it has something before a '#' that is no blank, which is what the parser will
// say as well. A row has at most as many entries as its line has colons, less those that begin
// ":0" and a blank or line end: explicit zeros, which are dropped.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sgdbench {

/// ' ', tab, or the '\r' of a line end.
inline bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// For each row, a number of entries that it doesn't exceed. `chunk` holds whole lines and is
/// followed by InputFile::kPadding readable bytes. Throws TextError where that is more than 2^31.
std::vector<std::uint32_t> bounds_of_rows(std::string_view chunk);

}  // namespace sgdbench
