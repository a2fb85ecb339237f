// CSV by RFC 4180, one pass: a cell begins, is quoted or not, and ends at a separator or a line
// end.
#include <fmt/format.h>

#include <algorithm>

#include "results/reading/parts.h"

namespace sgdbench {
namespace {

/// The separator that is most frequent in the first line outside of quotes.
char separator_of(std::string_view text) {
  const auto line = text.substr(0, text.find_first_of("\r\n"));
  const auto count = [line](char separator) {
    bool quoted = false;
    return std::count_if(line.begin(), line.end(), [&](char c) {
      quoted ^= c == '"';
      return c == separator && !quoted;
    });
  };
  constexpr std::string_view kSeparators = ",;\t";
  return *std::max_element(kSeparators.begin(), kSeparators.end(),
                           [&](char a, char b) { return count(a) < count(b); });
}

class CsvParser {
 public:
  CsvParser(std::string_view text, std::string_view name) : text_(text), name_(name) {
    constexpr std::string_view kSays = "sep=";
    const auto said = text.substr(0, text.find_first_of("\r\n"));
    const bool says = said.starts_with(kSays) && said.size() == kSays.size() + 1;
    separator_ = says ? said.back() : separator_of(text);
    if (!says) return;
    while (!at_line_end()) advance();
    end_line();
  }

  std::vector<CsvRow> rows() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      auto row = next_row(rows.empty() ? text_.size() + 1 : rows.front().size());
      if (std::any_of(row.begin(), row.end(),
                      [](const CsvCell& cell) { return !cell.text.empty(); }))
        rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  /// At most `most` cells: an endless row of commas would fill the memory.
  CsvRow next_row(std::size_t most) {
    CsvRow row;
    const auto start = place_;
    do {
      if (row.size() == most)
        refuse(name_, start,
               fmt::format("a row of more than {} cells, which the header has", most));
      row.push_back(next_cell());
    } while (take(separator_));
    if (!at_line_end())
      refuse(name_, place_,
             "something follows a closing quote; a quote inside a quoted cell is doubled");
    end_line();
    return row;
  }
  void end_line() {
    take('\r');
    take('\n');
  }
  CsvCell next_cell() {
    CsvCell cell{{}, place_, separator_ != ','};
    if (take('"'))
      quoted(cell);
    else
      plain(cell);
    return cell;
  }
  void plain(CsvCell& cell) {
    while (!at_line_end() && text_[at_] != separator_) {
      if (text_[at_] == '"')
        refuse(name_, place_,
               "a quote within a cell; such a cell is quoted, and the quote doubled");
      cell.text += advance();
    }
  }
  void quoted(CsvCell& cell) {
    while (at_ < text_.size()) {
      const char c = advance();
      if (c != '"')
        cell.text += c;
      else if (take('"'))
        cell.text += '"';
      else
        return;
    }
    refuse(name_, cell.place, "the quote that opens here is never closed; is the file cut off?");
  }

  bool at_line_end() const {
    return at_ == text_.size() || text_[at_] == '\n' || text_[at_] == '\r';
  }
  bool take(char wanted) {
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    advance();
    return true;
  }
  char advance() {
    const char c = text_[at_++];
    const bool ends = c == '\n' || (c == '\r' && !text_.substr(at_).starts_with('\n'));
    place_ = ends ? Place{place_.line + 1, 1} : Place{place_.line, place_.column + 1};
    return c;
  }

  std::string_view text_, name_;
  char separator_ = ',';
  std::size_t at_ = 0;
  Place place_;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, std::string_view name) {
  return CsvParser(text, name).rows();
}

}  // namespace sgdbench
