// The one table of columns: every report format, the documentation and the tests read it. And its
// rows as CSV.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "results/record.h"

namespace sgdbench {

/// monostate is an empty cell (CSV) or null (JSON). Doubles are finite.
using Value = std::variant<std::monostate, bool, std::uint64_t, double, std::string>;

/// What a column of runs.csv says beyond its value; bits of a set. What tables, labels, speedups
/// and arrangements do with a column they read here: none of them has a list of columns.
enum Role : unsigned {
  /// It is what the option of its name was set to, a part of what a configuration is.
  kSetting = 1,
  /// It stands beside a configuration's label where several of one label differ in it: "lr=0.1".
  /// All other settings are in the label itself (labels.h).
  kBesideLabel = 2,
  /// Runs that differ in it have another problem, target or time of a gradient: nothing that a
  /// strategy could be better or worse at, and they are never compared.
  kOfProblem = 4,
  /// It stands beside a problem's name where several of one name differ in it.
  kBesideProblem = 8,
  /// A number whose best value may lie between two that were tried.
  kHasBest = 16,
  /// RunRecord::settings has its value.
  kAsText = 32,
  /// Where two reports differ in it, they are of two machines, builds or data sets.
  kOfMachine = 64,
  kOfBuild = 128,
  kOfData = 256,
};

/// One column of a file whose rows are `Row`s. What it reads back into is a `Part` of one.
template <class Row, class Part = Row>
struct Field {
  std::string_view name;
  std::string_view unit;     ///< "s", "1/s", "bytes", "updates"; "" for text and pure numbers
  std::string_view meaning;  ///< one line
  Value (*get)(const Row&);
  /// Takes a cell's text, as to_text() wrote it; false where it can't be one. Null where the column
  /// is no value of the part (the number of a row).
  bool (*set)(Part&, std::string_view text);
  unsigned roles = 0;  ///< a set of Role
};
using RunField = Field<RunRecord>;

/// A curve point or a histogram bin, with the run that it belongs to.
struct CurveRow {
  const RunRecord& run;
  std::size_t point;
};
struct StalenessRow {
  const RunRecord& run;
  const StalenessCount& count;
};

struct WorkerRow {
  const RunRecord& run;
  const WorkerRecord& worker;
};

/// runs.csv: the required columns first, in their fixed order.
std::span<const RunField> run_fields();
using RunFields = std::vector<RunField>;
/// Those of run_fields() that have all of `roles`.
RunFields columns_that_are(unsigned roles);
std::span<const Field<CurveRow, CurvePoint>> curve_fields();
std::span<const Field<StalenessRow, StalenessCount>> staleness_fields();
std::span<const Field<WorkerRow, WorkerRecord>> worker_fields();
std::span<const Field<TuningTrial>> tuning_fields();

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
