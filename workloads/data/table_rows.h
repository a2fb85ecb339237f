// One piece of a table's text into rows: the loop that decides how fast tables load.
#pragma once

#include <string>
#include <string_view>

#include "workloads/data/number.h"
#include "workloads/data/table_columns.h"
#include "workloads/data/text.h"

namespace sgdbench {

/// Lines of `chunk` that are not blank.
std::size_t count_rows(std::string_view chunk);

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
