// CSV by RFC 4180, one pass: a cell begins, is quoted or not, and ends at a comma or a line end.
#include <fmt/format.h>

#include "results/reading/parts.h"

namespace sgdbench {
namespace {

class CsvParser {
 public:
  CsvParser(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  std::vector<CsvRow> rows() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      auto row = next_row(rows.empty() ? text_.size() + 1 : rows.front().size());
      if (row.size() > 1 || !row.front().text.empty()) rows.push_back(std::move(row));
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
    } while (take(','));
    if (!at_line_end())
      refuse(name_, place_,
             "something follows a closing quote; a quote inside a quoted cell is doubled");
    take('\r');
    take('\n');
    return row;
  }
  CsvCell next_cell() {
    CsvCell cell{{}, place_};
    if (take('"'))
      quoted(cell);
    else
      plain(cell);
    return cell;
  }
  void plain(CsvCell& cell) {
    while (!at_line_end() && text_[at_] != ',') {
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
    return at_ == text_.size() || text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n";
  }
  bool take(char wanted) {
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    advance();
    return true;
  }
  char advance() {
    const char c = text_[at_++];
    place_ = c == '\n' ? Place{place_.line + 1, 1} : Place{place_.line, place_.column + 1};
    return c;
  }

  std::string_view text_, name_;
  std::size_t at_ = 0;
  Place place_;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, std::string_view name) {
  return CsvParser(text, name).rows();
}

}  // namespace sgdbench
