#include "workloads/data/table_lines.h"

#include <algorithm>
#include <array>
#include <utility>

#include "workloads/data/number.h"

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

}  // namespace sgdbench
