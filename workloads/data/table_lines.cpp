#include "workloads/data/table_lines.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "workloads/data/text.h"

namespace sgdbench {
namespace {

constexpr std::string_view kBlanks = " \t\r";
/// In the order in which they are preferred where numbers don't tell.
constexpr std::string_view kSeparators = "\t;|,";
/// What a separator is looked for in.
constexpr std::size_t kSampleLines = 20;
constexpr std::size_t kSampleBytes = std::size_t{1} << 20;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::size_t count_outside_quotes(std::string_view line, char separator) {
  std::size_t count = 0;
  bool quoted = false;
  for (const char c : line) {
    quoted ^= c == '"';
    count += c == separator && !quoted ? 1 : 0;
  }
  return count;
}

bool splits_into_numbers(std::string_view line, char separator) {
  if (separator == ' ' && line.find('\t') != std::string_view::npos) return false;
  const auto cells = split_line(line, separator);
  return cells.size() > 1 && std::all_of(cells.begin(), cells.end(), [](const TableCell& cell) {
           return is_number(cell.text);
         });
}

std::vector<std::string_view> sample_of(std::string_view text) {
  std::vector<std::string_view> lines;
  std::size_t bytes = 0;
  while (lines.size() < kSampleLines && bytes < kSampleBytes) {
    const std::string_view line = next_line(text);
    if (line.empty()) break;
    lines.push_back(line);
    bytes += line.size();
  }
  return lines;
}

/// Whether all lines have the separator, and equally often.
bool in_all(const std::vector<std::string_view>& lines, char separator) {
  const std::size_t count = count_outside_quotes(lines.front(), separator);
  return count > 0 && std::all_of(lines.begin(), lines.end(), [&](std::string_view line) {
           return count_outside_quotes(line, separator) == count;
         });
}

}  // namespace

std::vector<TableCell> split_line(std::string_view line, char separator) {
  std::vector<TableCell> cells;
  const char* const end = line.data() + line.size();
  const auto is_blank = [&](char c) {
    return c != separator && kBlanks.find(c) != std::string_view::npos;
  };
  const char* p = line.data();
  for (;;) {
    while (p < end && (is_blank(*p) || (separator == ' ' && *p == ' '))) ++p;
    if (separator == ' ' && p == end) return cells;
    TableCell cell{{}, p};
    if (p < end && *p == '"') {
      for (++p; p < end && (*p != '"' || (p + 1 < end && p[1] == '"')); ++p) {
        if (*p == '"') ++p;
        cell.text += *p;
      }
      while (p < end && *p != separator) ++p;
    } else {
      const char* const begin = p;
      while (p < end && *p != separator) ++p;
      cell.text = trimmed({begin, static_cast<std::size_t>(p - begin)});
    }
    cells.push_back(std::move(cell));
    if (p == end) return cells;
    ++p;
  }
}

std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool is_missing(std::string cell) {
  constexpr std::array<std::string_view, 7> kMissing = {"nan",      "na",   "null", "inf",
                                                        "infinity", "+inf", "-inf"};
  return std::find(kMissing.begin(), kMissing.end(), lower_case(std::move(cell))) != kMissing.end();
}

bool is_number(std::string cell) {
  const std::size_t length = cell.size();
  cell.append(16, '\0');  // parse_float() reads ahead
  float value = 0;
  return length > 0 && parse_float(cell.data(), value) == cell.data() + length;
}

std::string_view next_line(std::string_view& text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!trimmed(line).empty()) return line;
  }
  return {};
}

char remove_separator_line(std::string_view& text) {
  std::string_view rest = text;
  std::string_view line = next_line(rest);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > 2 && line.front() == '"' && line.back() == '"')
    line = line.substr(1, line.size() - 2);
  if (line.size() != 5 || (!line.starts_with("sep=") && !line.starts_with("SEP="))) return 0;
  text = rest;
  return line[4];
}

char find_separator(std::string_view text, bool blanks_too) {
  if (const char said = remove_separator_line(text)) return said;
  const auto lines = sample_of(text);
  if (lines.empty()) return 0;
  for (const std::string_view line : lines) {
    for (const char separator : kSeparators)
      if (splits_into_numbers(line, separator)) return separator;
    if (blanks_too && splits_into_numbers(line, ' ')) return ' ';
  }
  for (const char separator : kSeparators)
    if (in_all(lines, separator)) return separator;
  for (const char separator : std::string_view(",\t;|"))
    if (count_outside_quotes(lines.front(), separator) > 0) return separator;
  return 0;
}

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
                                     "the column out with `drop columns`")};
}

void RowParser::refuse_length(const char* p, std::size_t cells) const {
  const std::string count = std::to_string(cells);
  if (ends_row(p))
    throw TextError{p, "the row ends after " + count + " cells; the first row has " +
                           std::to_string(columns_.roles.size())};
  throw TextError{p, "the row goes on after " + count + " cells; the first row has no more"};
}

}  // namespace sgdbench
