#include "workloads/data/table_rows.h"

#include <algorithm>
#include <cctype>

#include "workloads/data/table_lines.h"

namespace sgdbench {
namespace {

bool is_decimal_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "1,5", where the comma is no separator.
bool has_decimal_comma(std::string_view cell) {
  const std::size_t comma = cell.find(',');
  return comma != std::string_view::npos && comma > 0 && is_decimal_digit(cell[comma - 1]) &&
         comma + 1 < cell.size() && is_decimal_digit(cell[comma + 1]);
}

bool is_text(std::string_view cell) {
  if (is_missing(std::string(cell))) return false;
  const auto first = static_cast<unsigned char>(cell[cell[0] == '"' ? 1 : 0]);
  return first >= 0x80 || std::isalpha(first) != 0;
}

}  // namespace

std::size_t count_rows(std::string_view chunk) {
  std::size_t rows = 0;
  for (std::size_t begin = 0; begin < chunk.size();) {
    begin = std::min(chunk.find_first_not_of(" \t\r", begin), chunk.size());
    rows += begin < chunk.size() && chunk[begin] != '\n' ? 1 : 0;
    begin = std::min(chunk.find('\n', begin), chunk.size() - 1) + 1;
  }
  return rows;
}

/// Reads the number between quotes; null if it is none.
const char* RowParser::parse_quoted(const char* p, Decimal& decimal) const {
  p = skip_blanks(p + 1);
  if (ends_row(p) || *p == '"') return nullptr;
  const char* q = parse_decimal(p, decimal);
  if (q != nullptr) q = skip_blanks(q);
  return q != nullptr && q < end_ && *q == '"' ? q + 1 : nullptr;
}

const char* RowParser::skip_cell(const char* p) const {
  p = skip_blanks(p);
  const char* const cell = p;
  if (p < end_ && *p == '"') {
    for (++p; !ends_row(p) && (*p != '"' || (p + 1 < end_ && p[1] == '"')); ++p)
      if (*p == '"') ++p;
    if (ends_row(p)) throw TextError{cell, "a quoted cell does not end in its line"};
    ++p;
  }
  while (!ends_cell(p)) ++p;
  return separator_ == ' ' ? skip_blanks(p) : p;
}

void RowParser::refuse_cell(const char* p, std::size_t column) const {
  const std::string where =
      columns_.header.names.empty() ? "" : " (" + columns_.column_name(column) + ")";
  if (ends_cell(p)) throw TextError{p, "an empty cell; every cell must be a number" + where};
  const bool is_quoted = *p == '"';
  const char* q = p + 1;
  while (!ends_row(q) && (is_quoted ? *q != '"' : *q != separator_)) ++q;
  if (is_quoted && ends_row(q))
    throw TextError{p, "a quoted cell does not end in its line" + where};
  if (is_quoted) ++q;
  while (q > p + 1 && (q[-1] == ' ' || q[-1] == '\r')) --q;
  const std::string_view cell(p, static_cast<std::size_t>(q - p));
  if (has_decimal_comma(cell))
    throw TextError{p, "cell " + quoted_name(cell) +
                           " is not a number: decimals are written with a point" + where};
  if (columns_.header.names.empty() || !is_text(cell))
    throw TextError{p, "cell " + describe_bad_number(p, q) + where};
  const bool is_label = column == columns_.label();
  throw TextError{p, "cell " + quoted_name(cell) + " is not a number" + where +
                         (is_label ? "; a label is a number: write the classes as 0, 1, …"
                                   : "; text can't be learned from: encode it as numbers, or leave "
                                     "the column out with --drop-columns")};
}

void RowParser::refuse_length(const char* p, std::size_t cells) const {
  const std::string count = std::to_string(cells);
  if (ends_row(p))
    throw TextError{p, "the row ends after " + count + " cells; the first row has " +
                           std::to_string(columns_.roles.size())};
  throw TextError{p, "the row goes on after " + count + " cells; the first row has no more"};
}

}  // namespace sgdbench
