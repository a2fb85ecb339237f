// A header and rows of CSV from a table of columns.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "results/fields.h"

namespace sgdbench {

/// Text of one cell, unquoted: the fewest digits that read back as the same number, whatever the
/// locale; nothing for a number that is not finite.
std::string to_text(const Value& value);

/// The text as a cell, quoted where RFC 4180 asks for it.
std::string csv_cell(std::string_view text);

template <class Row, class Part>
std::string csv_header(std::span<const Field<Row, Part>> fields) {
  std::string out;
  for (const auto& field : fields) (out += field.name) += ',';
  out.back() = '\n';
  return out;
}

template <class Row, class Part>
void append_csv_row(std::string& out, std::span<const Field<Row, Part>> fields, const Row& row) {
  for (const auto& field : fields) (out += csv_cell(to_text(field.get(row)))) += ',';
  out.back() = '\n';
}

}  // namespace sgdbench
