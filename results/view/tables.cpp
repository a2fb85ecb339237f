#include "results/view/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "results/text.h"

namespace sgdbench {
namespace {

struct Scale {
  double factor;
  std::string_view unit;
};

/// Three significant digits, without an exponent for values in [1, 1000).
std::string three_digits(double value) {
  const double size = value < 0 ? -value : value;
  return fmt::format("{:.{}f}", value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

/// `scales` from the largest down; the last serves everything below.
template <std::size_t N>
std::string scaled(double value, const std::array<Scale, N>& scales) {
  for (const auto& [factor, unit] : scales)
    if (value >= 0.9995 * factor || factor == scales.back().factor)
      return three_digits(value / factor) + std::string(unit);
  return "";
}

/// Beside the row where there is room for some words, else on lines of its own below.
std::string with_note(std::string row, std::string_view note) {
  constexpr std::size_t kRoom = 40, kIndent = 4, kBelow = 2;
  if (row.empty()) return fmt::format("{:{}}{}", "", kBelow, wrap(note, kBelow));
  const auto left = display_width(row) + 2;
  if (left + kRoom <= kScreen) return fmt::format("{}  {}", row, wrap(note, left));
  row.erase(row.find_last_not_of(' ') + 1);
  return fmt::format("{}\n{:{}}{}", row, "", kIndent, wrap(note, kIndent));
}

}  // namespace

std::string human_seconds(double seconds) {
  if (seconds == 0) return "0 s";
  static constexpr std::array<Scale, 4> scales{
      {{1, " s"}, {1e-3, " ms"}, {1e-6, " µs"}, {1e-9, " ns"}}};
  return scaled(seconds, scales);
}

std::string human_count(double count) {
  static constexpr std::array<Scale, 3> scales{{{1e9, " G"}, {1e6, " M"}, {1e3, " k"}}};
  if (count < 999.5) return fmt::format("{:.3g}", count);
  return scaled(count, scales);
}

std::string human_bytes(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (value >= 1e12) return fmt::format("{:.3g} TB", value / 1e12);
  if (value >= 1e9) return fmt::format("{:.3g} GB", value / 1e9);
  return fmt::format("{:.3g} MB", value / 1e6);
}

std::string human_share(double share) {
  const double percent = 100 * share;
  return percent > 0 && percent < 0.95 ? fmt::format("{:.1f} %", percent)
                                       : fmt::format("{:.0f} %", percent);
}

std::string human_ratio(double ratio) {
  return fmt::format("{:.{}f}×", ratio, ratio < 9.995 ? 2 : 0);
}

std::string wrap(std::string_view text, std::size_t left) {
  std::string out;
  std::size_t column = left;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const auto width = display_width(word);
    if (column > left && column + 1 + width > kScreen) {
      out += '\n' + std::string(left, ' ');
      column = left;
    } else if (column > left) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width;
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  // Bytes that begin a character: all but those of the form 10xxxxxx.
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

TextTable::TextTable(std::vector<std::string> header, std::vector<std::size_t> left)
    : left_(std::move(left)) {
  left_.push_back(0);
  add(std::move(header));
}

void TextTable::add(std::vector<std::string> row) {
  for (auto& cell : row) cell = printable(cell);
  rows_.push_back(std::move(row));
}

void TextTable::add_note(std::vector<std::string> cells, std::string_view note) {
  add(std::move(cells));
  notes_.emplace_back(rows_.size() - 1, printable(note));
}

std::string TextTable::line(const std::vector<std::string>& cells,
                            const std::vector<std::size_t>& widths) const {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string pad(widths[i] - display_width(cells[i]), ' ');
    const bool left = std::find(left_.begin(), left_.end(), i) != left_.end();
    text += (i ? "  " : "") + (left ? cells[i] + pad : pad + cells[i]);
  }
  return text;
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  std::string text;
  auto note = notes_.begin();
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    auto row = line(rows_[r], widths);
    if (note != notes_.end() && note->first == r) {
      row = with_note(std::move(row), note->second);
      ++note;
    }
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + '\n';
  }
  return text;
}

}  // namespace sgdbench
