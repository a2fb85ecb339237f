// Reads back every report that this program writes.
//
// The idea: what the file is follows from its content, never from its name. A row of runs.csv, an
// entry of run.json and a line of a journal are a record as it was; the rows of curve.csv and
// staleness.csv are put together by their run_id into records of what they know; of targets.csv,
// each target of a configuration makes one of its own. Columns may come in any order, unknown ones
// are ignored and absent ones are empty, so that reports of other versions are read too.
//
// Invariant: runs_csv() of what was read from runs_csv() is the same text.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"

namespace sgdbench {

/// The file is no report, or a damaged one. what() is one line: `file:line:column: what; what would
/// be right`. Exit code 65.
class BadReport : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The file is not there or may not be read. Exit code 66.
class MissingReport : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Report {
  std::string name;             ///< as it was named; "stdin" for -
  std::string_view kind;        ///< "runs", "curves", "targets", "staleness", "journal", "JSON"
  std::vector<RunRecord> runs;  ///< at least one, each run_id once
};

/// `path` may be - for stdin. Throws BadReport and MissingReport.
Report read_report(const std::string& path);

/// The same for a text; `name` is for errors.
Report parse_report(std::string_view text, std::string_view name);

}  // namespace sgdbench
