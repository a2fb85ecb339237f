// The lines of a table: which character separates cells, what a line's cells are, and the loop over
// rows that decides how fast tables load.
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

#include "workloads/data/readers.h"
#include "workloads/data/text.h"

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

/// Lines of `chunk` that are not blank.
std::size_t count_rows(std::string_view chunk);

/// One piece of a table's text into rows.
class RowParser {
 public:
  /// `chunk` holds whole lines and is followed by InputFile::kPadding readable bytes.
  RowParser(std::string_view chunk, const TableColumns& columns)
      : begin_(chunk.data()),
        end_(chunk.data() + chunk.size()),
        columns_(columns),
        separator_(columns.header.separator) {}

  /// Calls take(role, decimal, place in the text) for every cell of a row that is not left out,
  /// then end_row(), and so for all rows. Throws TextError.
  template <class Take, class EndRow>
  void parse(const Take& take, const EndRow& end_row) const;

 private:
  const char* skip_blanks(const char* p) const {
    while (p < end_ && (*p == ' ' || *p == '\r' || (*p == '\t' && separator_ != '\t'))) ++p;
    return p;
  }
  bool ends_row(const char* p) const { return p == end_ || *p == '\n'; }
  bool ends_cell(const char* p) const { return ends_row(p) || *p == separator_; }

  template <class Take>
  const char* parse_row(const char* p, const Take& take) const;
  const char* parse_cell(const char* p, std::size_t column, Decimal& decimal) const;
  const char* end_cell(const char* p) const;
  const char* parse_quoted(const char* p, Decimal& decimal) const;
  const char* skip_cell(const char* p) const;
  [[noreturn]] void refuse_cell(const char* p, std::size_t column) const;
  [[noreturn]] void refuse_length(const char* p, std::size_t cells) const;

  const char* begin_;
  const char* end_;
  const TableColumns& columns_;
  char separator_;
};

template <class Take, class EndRow>
void RowParser::parse(const Take& take, const EndRow& end_row) const {
  for (const char* p = begin_; p < end_; ++p) {
    p = skip_blanks(p);
    if (ends_row(p)) continue;
    p = parse_row(p, take);
    end_row();
  }
}

template <class Take>
const char* RowParser::parse_row(const char* p, const Take& take) const {
  const std::uint32_t* const roles = columns_.roles.data();
  const std::size_t count = columns_.roles.size();
  for (std::size_t column = 0;;) {
    const char* const cell = p;
    if (roles[column] == TableColumns::kLeftOut) {
      p = skip_cell(p);
    } else {
      Decimal decimal;
      p = parse_cell(p, column, decimal);
      take(roles[column], decimal, cell);
    }
    if (++column == count) break;
    if (ends_row(p)) refuse_length(p, column);
    // Of a run of blanks that separates, none is left.
    if (separator_ != ' ') ++p;
  }
  if (!ends_row(p)) refuse_length(p, count);
  return p;
}

/// Reads the number at p; returns the separator, line end or, where blanks separate, cell behind.
inline const char* RowParser::parse_cell(const char* p, std::size_t column,
                                         Decimal& decimal) const {
  const char* const cell = p = skip_blanks(p);
  const char* q = nullptr;
  if (!ends_cell(p)) [[likely]]
    q = *p == '"' ? parse_quoted(p, decimal) : parse_decimal(p, decimal);
  if (q != nullptr) q = end_cell(q);
  if (q == nullptr) refuse_cell(cell, column);
  return q;
}

/// Where the cell that ends at p, but for blanks, gives way to the next; null if it goes on.
inline const char* RowParser::end_cell(const char* p) const {
  const char* const q = skip_blanks(p);
  if (separator_ == ' ') return q > p || ends_row(q) ? q : nullptr;
  return ends_cell(q) ? q : nullptr;
}

}  // namespace sgdbench
