// The journal of a long sweep: its rows, each on the disk before the next run starts.
//
// The idea: a header line, then a line for each run that has ended, in the order in which they ran.
// A line is appended by one write() and synced. The invariant: whatever happens, the file is whole
// lines and at most one torn line at its end, which readers pass over.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "results/file_calls.h"
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
  /// Makes the file where there is none, without a header; waits for nobody.
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

}  // namespace sgdbench
