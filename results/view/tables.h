// Numbers, lines and tables for people to read, on a screen of so many columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sgdbench {

inline constexpr std::size_t kScreen = 100;  ///< columns that everything fits

/// Three significant digits and a unit: "41.2 ms", "1.23 s", "850 ns".
std::string human_seconds(double seconds);
/// Three significant digits and a factor: "1.23 M", "12.3 k", "410".
std::string human_count(double count);
/// "1.23 GB"; at least MB.
std::string human_bytes(std::uint64_t bytes);
/// "12 %", "0.4 %".
std::string human_share(double share);
/// "1.83×", "12×".
std::string human_ratio(double ratio);
/// "—" where there is no value.
template <class Format>
std::string or_dash(const std::optional<double>& value, Format format) {
  return value ? format(*value) : "—";
}

/// `text` broken at spaces so that lines that begin at column `left` end by kScreen; lines after
/// the first are indented. A word longer than a line stays whole.
std::string wrap(std::string_view text, std::size_t left);

/// Columns on a terminal, for text in UTF-8 of characters one column wide.
std::size_t display_width(std::string_view text);

/// Rows of cells, as wide as they need to be, two spaces between. The first column and those named
/// in `left` are aligned left, all others right. Cells and notes may be text from any file: they
/// are made printable.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header, std::vector<std::size_t> left = {});
  void add(std::vector<std::string> row);
  /// Free text after the first `cells.size()` cells, wrapped; indented where there are none.
  void add_note(std::vector<std::string> cells, std::string_view note);
  std::string text() const;

 private:
  std::string line(const std::vector<std::string>& cells,
                   const std::vector<std::size_t>& widths) const;
  std::vector<std::size_t> left_;
  std::vector<std::vector<std::string>> rows_;              ///< the header first
  std::vector<std::pair<std::size_t, std::string>> notes_;  ///< row, and what follows it
};

}  // namespace sgdbench
