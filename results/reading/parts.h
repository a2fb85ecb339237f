// What the reader of reports is made of: cells with their places, and one function per format.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "results/reading/report_reader.h"

namespace sgdbench {

/// A place in a text, from 1; columns count bytes.
struct Place {
  std::size_t line = 1, column = 1;
};

/// `name:line:column: what`.
[[noreturn]] void refuse(std::string_view name, Place place, std::string_view what);

struct CsvCell {
  std::string text;
  Place place;
  /// Whether a comma in a number may be a decimal one: in its file, something else separates cells.
  bool decimal_comma = false;
};
using CsvRow = std::vector<CsvCell>;

/// The rows of a CSV by RFC 4180, or as spreadsheets save it again: cells separated by semicolons
/// or tabs, which the first line shows or says ("sep=;"), and any line end. Lines of nothing are no
/// rows. Throws BadReport for quotes where none can be.
std::vector<CsvRow> parse_csv(std::string_view text, std::string_view name);

/// A format: whether this is one, by its first row, and its records.
struct CsvFormat {
  std::string_view kind;
  std::vector<std::string_view> required;  ///< columns without which it says nothing
  /// How many columns of a header it knows.
  std::size_t (*known)(const CsvRow& header);
  std::vector<RunRecord> (*read)(const std::vector<CsvRow>& rows, std::string_view name);
};
const std::vector<CsvFormat>& csv_formats();

std::vector<RunRecord> read_json(std::string_view text, std::string_view name);

/// A journal that ends in a torn line has the rows before it.
bool is_journal(std::string_view text);
std::vector<RunRecord> read_journal_report(std::string_view text, std::string_view name);

/// Throws BadReport where so many runs are more than kMostRuns.
void check_run_count(std::size_t runs, std::string_view name);

/// Throws BadReport if a record says what no run can be; `place` is where it stands.
void check_record(const RunRecord& record, Place place, std::string_view name);

}  // namespace sgdbench
