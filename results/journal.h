// The journal of a long sweep: its rows, each on the disk before the next run starts.
//
// The idea: a header line, then a line for each run that has ended, in the order in which they ran.
// A line is appended by one write() and synced. The invariant: whatever happens, the file is whole
// lines and at most one torn line at its end, which readers pass over.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "results/files.h"
#include "results/record.h"

namespace sgdbench {

/// The file is no journal, or one that can't be continued; what() is one line. Exit code 65.
class BadJournal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct JournalContent {
  std::vector<std::string> config_ids;  ///< of the sweep, sorted
  std::vector<RunRecord> rows;          ///< one for each whole line
  std::uint64_t bytes = 0;              ///< up to the end of the last whole line
};

/// Without a torn line at the end. Throws BadJournal.
JournalContent load_journal(const std::filesystem::path& path);

/// The same for a text; `name` is for errors.
JournalContent parse_journal(std::string_view text, const std::string& name);

/// What a report of this journal has: of rows with the same run_id, the last one. Throws
/// BadJournal.
std::vector<RunRecord> read_journal(const std::filesystem::path& path);

/// The same for rows that were read already.
std::vector<RunRecord> latest(std::vector<RunRecord> rows);

/// A journal that is open for appending. Only one process has it at a time. Every call throws
/// WriteError.
class Journal {
 public:
  /// Makes the file where there is none, without a header; does not wait.
  explicit Journal(const std::filesystem::path& path);

  /// Makes it the journal of a new sweep, without rows.
  void start(const std::vector<std::string>& config_ids);
  /// Cuts off what is after the last whole line.
  void cut(std::uint64_t bytes);
  /// The row is on the disk afterwards. Where that fails, the file is as it was, if it can be.
  void append(const RunRecord& row);
  void remove();

  const std::filesystem::path& path() const { return path_; }

 private:
  void append(const std::string& line);

  std::filesystem::path path_;
  Descriptor file_;
};

// One row of a journal: a record as a line of JSON.
//
// The columns of runs.csv by name, those without a value left out; `curve` and `staleness` hold
// their columns as arrays, null where a cell is empty.

/// With its line end. Text that is not UTF-8 loses those bytes to U+FFFD.
std::string journal_line(const RunRecord& row);

/// The record of a line; nothing where it is none. Columns that this build does not know are
/// passed over.
std::optional<RunRecord> parse_journal_line(std::string_view line);

/// The first line: whose journal this is.
std::string journal_header(const std::vector<std::string>& config_ids);

/// The identifiers in a first line; nothing where it is none.
std::optional<std::vector<std::string>> parse_journal_header(std::string_view line);

/// Whether `text` is the beginning of a first line, as a power cut may leave it: long enough to say
/// whose it is, as other files begin with '{' too.
bool begins_journal(std::string_view text);

}  // namespace sgdbench
