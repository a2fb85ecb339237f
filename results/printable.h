// Text from outside of the program, fit for a terminal.
//
// The idea: labels, names, cells, keys and lines of files are kept as they are, and reports that
// programs read get them as they are. Where people read them, all of it passes through here: what
// is said on stderr, the cells of tables, whole texts on stdout.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sgdbench {

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
