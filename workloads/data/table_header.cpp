#include "workloads/data/table_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "workloads/data/number.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// The cells of a line, without their quotes.
std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  bool was_quoted = false;
  const auto finish = [&] {
    if (!was_quoted) cells.back() = std::string(trimmed(cells.back()));
    was_quoted = false;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[++i];
    } else if (c == '"') {
      if (!quoted) cells.back().clear();
      quoted = !quoted;
      was_quoted = true;
    } else if (c == separator && !quoted) {
      finish();
      cells.emplace_back();
    } else if (quoted || !was_quoted) {
      cells.back() += c;
    }
  }
  finish();
  return cells;
}

/// Whether a cell can only be a column's name: neither a number nor a missing one.
bool is_name(std::string cell) {
  for (char& c : cell)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  constexpr std::array<std::string_view, 8> kMissing = {"",    "nan",      "na",   "null",
                                                        "inf", "infinity", "+inf", "-inf"};
  if (std::find(kMissing.begin(), kMissing.end(), cell) != kMissing.end()) return false;
  const std::size_t length = cell.size();
  cell.append(16, '\0');  // parse_float() reads ahead
  float value = 0;
  return parse_float(cell.data(), value) != cell.data() + length;
}

/// The one column whose name says that it holds the answer; without one, the first.
std::size_t usual_column(const TableHeader& header) {
  const auto says_so = [](const std::string& name) {
    return name == "label" || name == "target" || name == "class" || name == "y";
  };
  const auto found = std::find_if(header.names.begin(), header.names.end(), says_so);
  if (found == header.names.end() || std::any_of(found + 1, header.names.end(), says_so)) return 0;
  return static_cast<std::size_t>(found - header.names.begin());
}

std::size_t numbered_column(const TableHeader& header, const std::string& asked,
                            const std::string& path) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(asked.data(), asked.data() + asked.size(), number);
  const bool is_number = error == std::errc() && end == asked.data() + asked.size();
  if (is_number && number >= 1 && number <= header.columns) return number - 1;
  if (is_number)
    throw UsageError(path + ": no label column " + asked + "; valid: 1 to " +
                     std::to_string(header.columns));
  if (header.names.empty())
    throw UsageError(path + " has no header, so no label column '" + asked +
                     "'; give its number, 1 to " + std::to_string(header.columns));
  throw UsageError(path + ": " + unknown_name("label column", asked, header.names));
}

}  // namespace

TableHeader read_table_header(std::string_view text, char separator) {
  TableHeader header;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    begin = std::min(end + 1, text.size());
    if (trimmed(line).empty()) continue;
    auto cells = split(line, separator);
    header.columns = cells.size();
    if (std::any_of(cells.begin(), cells.end(), is_name)) {
      header.names = std::move(cells);
      header.length = begin;
    }
    break;
  }
  return header;
}

std::size_t find_label_column(const TableHeader& header, const std::string& asked,
                              const std::string& path) {
  if (asked.empty()) return usual_column(header);
  const auto found = std::find(header.names.begin(), header.names.end(), asked);
  if (found != header.names.end()) return static_cast<std::size_t>(found - header.names.begin());
  return numbered_column(header, asked, path);
}

}  // namespace sgdbench
