// What a table of columns is made of: values of members to cells and back, and a column's row.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "results/fields.h"
#include "results/text.h"

namespace sgdbench {

inline Value to_value(bool value) {
  return value;
}
inline Value to_value(std::uint64_t value) {
  return value;
}
inline Value to_value(const std::string& text) {
  return text.empty() ? Value{} : Value{text};
}
inline Value to_value(double value) {
  return std::isfinite(value) ? Value{value} : Value{};
}
template <class T>
Value to_value(const std::optional<T>& value) {
  return value ? to_value(*value) : Value{};
}

/// Whole numbers and doubles, all of the text and finite. Other programs write whole numbers
/// as 12.0 and 1.2E+05 too.
template <class Number>
bool from_text(Number& value, std::string_view text) {
  if (text.empty()) return true;  // stays as it is: there was nothing to say
  const auto read = read_number<Number>(text);
  const bool whole = bool{read};
  value = read.value;
  if constexpr (std::is_floating_point_v<Number>) return whole && std::isfinite(value);
  if (whole) return true;
  constexpr double kLargest = 9007199254740992;  // 2⁵³: beyond, doubles leave whole numbers out
  double real = -1;
  if (!from_text(real, text) || real < 0 || real > kLargest || real != std::floor(real))
    return false;
  value = static_cast<Number>(real);
  return true;
}
/// In any case: spreadsheets shout.
inline bool from_text(bool& value, std::string_view text) {
  const auto says = [text](std::string_view word) {
    return std::equal(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
    });
  };
  value = says("true");
  return value || says("false") || text.empty();
}
inline bool from_text(std::string& value, std::string_view text) {
  value = text;
  return true;
}
template <class T>
bool from_text(std::optional<T>& value, std::string_view text) {
  value.reset();
  return text.empty() || from_text(value.emplace(), text);
}

/// What a column's row is about.
inline const RunRecord& part_of(const RunRecord& row) {
  return row;
}
inline const CurvePoint& part_of(const CurveRow& row) {
  return row.run.curve[row.point];
}
inline const StalenessCount& part_of(const StalenessRow& row) {
  return row.count;
}
inline const WorkerRecord& part_of(const WorkerRow& row) {
  return row.worker;
}
inline const TuningTrial& part_of(const TuningTrial& row) {
  return row;
}

template <class Part>
struct RowOf {
  using Type = Part;
};
template <>
struct RowOf<CurvePoint> {
  using Type = CurveRow;
};
template <>
struct RowOf<StalenessCount> {
  using Type = StalenessRow;
};
template <>
struct RowOf<WorkerRecord> {
  using Type = WorkerRow;
};

template <class Kind, class Part>
Part owner_of(Kind Part::*);

/// The column of a plain member.
template <auto Member, class Part = decltype(owner_of(Member)),
          class Row = typename RowOf<Part>::Type>
constexpr Field<Row, Part> of(std::string_view name, std::string_view unit,
                              std::string_view meaning, unsigned roles = 0) {
  return {name,
          unit,
          meaning,
          [](const Row& row) { return to_value(part_of(row).*Member); },
          [](Part& part, std::string_view text) { return from_text(part.*Member, text); },
          roles};
}

/// Which run a row belongs to: no value of the part.
template <class Row, class Part>
inline constexpr Field<Row, Part> kRunId{"run_id", "", "as in runs.csv",
                                         [](const Row& row) { return to_value(row.run.run_id); },
                                         nullptr};

template <std::optional<std::uint64_t> RunRecord::*Member>
Value checksum(const RunRecord& row) {
  return row.*Member ? Value{hex_text(*(row.*Member))} : Value{};
}

template <std::optional<std::uint64_t> RunRecord::*Member>
bool set_checksum(RunRecord& row, std::string_view text) {
  (row.*Member).reset();
  if (text.empty()) return true;
  const auto read = read_number<std::uint64_t>(text, 16);
  row.*Member = read.value;
  return bool{read};
}

/// A column's name as a template's parameter.
template <std::size_t Size>
struct Name {
  char text[Size];
  consteval Name(const char (&literal)[Size]) { std::copy_n(literal, Size, text); }
};

template <Name Column, class Kind>
Value setting(const RunRecord& row) {
  const auto found = row.settings.find(Column.text);
  Kind value{};
  if (found == row.settings.end() || !from_text(value, found->second)) return {};
  return to_value(value);
}

template <Name Column, class Kind>
bool set_setting(RunRecord& row, std::string_view text) {
  row.settings.erase(Column.text);
  Kind value{};
  if (text.empty()) return true;
  if (!from_text(value, text)) return false;
  row.settings[Column.text] = to_text(to_value(value));
  return true;
}

/// The column of an option that no part of a report asks for: it needs no member of the record.
template <Name Column, class Kind = std::string>
constexpr RunField asked(std::string_view unit, std::string_view meaning, unsigned roles) {
  return {Column.text,
          unit,
          meaning,
          setting<Column, Kind>,
          set_setting<Column, Kind>,
          roles | kSetting | kAsText};
}

}  // namespace sgdbench
