// The lines of a table before it is read: which character separates cells, and what a line's cells
// are.
//
// The separator, in this order:
//   1. what a first line "sep=;" says, as spreadsheets write it. That line is no row.
//   2. the one of , tab ; | and blank by which one of the first lines splits into numbers and
//      nothing else. No number holds any of them, so there can't be two such characters, and
//      decimal commas (1,5;2,5) are never taken for separators. Blanks separate only in a file
//      whose name says that it is a table, and only lines without a tab.
//   3. where no line is all numbers (reading will say why), the one of tab ; | and comma that all
//      of the first lines have equally often, outside of quotes; else what the first line has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sgdbench {

/// A cell without its quotes and the blanks around it.
struct TableCell {
  std::string text;
  const char* where;  ///< in the line
};

/// A blank separates as a run of blanks.
std::vector<TableCell> split_line(std::string_view line, char separator);

/// Of ASCII letters.
std::string lower_case(std::string text);

/// What stands for a value that is not there, or not finite: nan, inf, na, null.
bool is_missing(std::string cell);

/// Whether a cell is a finite number that parse_decimal() reads.
bool is_number(std::string cell);

/// The next line of `text` with something in it, which is removed with all before it; without its
/// end. Empty where there is none.
std::string_view next_line(std::string_view& text);

/// What a first line "sep=;" says: the separator, else 0. The line is removed from `text`.
char remove_separator_line(std::string_view& text);

/// The separator; 0 where no line has one.
char find_separator(std::string_view text, bool blanks_too);

}  // namespace sgdbench
