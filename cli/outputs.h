// Where the reports go.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "cli/file_use.h"
#include "cli/options.h"
#include "results/record.h"
#include "results/reports.h"

namespace sgdbench {

class Outputs {
 public:
  /// Throws UsageError if two reports would go to the same place, --resume has no journal, or a
  /// table is to be laid out that nobody gets.
  explicit Outputs(const Given& given);
  /// Throws UsageError if a report would replace the suite, or a file that one of the cells reads.
  void check_inputs(const Given& given, std::span<const Cell> cells);

  using Render = std::string (*)(std::span<const RunRecord>, const ReportContext&);

  /// Makes the folder of --output and throws WriteError if a report can be seen to fail.
  void check() const;
  bool uses_stdout() const;
  /// How tables for people are laid out.
  const Layout& layout() const { return layout_; }
  /// Where rows are kept while the sweep runs; "" for nowhere.
  const std::filesystem::path& journal() const { return journal_; }
  /// Whether nobody asked for the journal itself.
  bool journal_is_temporary() const { return journal_is_temporary_; }
  /// Writes all of them; one that fails does not keep the others from being written. Throws
  /// what the first of these threw: WriteError, StoppedWaiting.
  void write(std::span<const RunRecord> rows, const ReportContext& context) const;

 private:
  struct Target {
    std::filesystem::path path;
    Render render;  ///< null: somebody else writes it
  };
  void add(std::string_view option, const std::filesystem::path& path, Render render);
  void find_layout(const Given& given);
  void find_journal(const Given& given);

  /// `KIND=PATH` of --export.
  void add_export(const std::string& text);

  FileUse files_;
  Layout layout_;
  std::vector<Target> targets_;
  bool exports_ = false, quiet_ = false;
  std::filesystem::path folder_, journal_;
  bool journal_is_temporary_ = false;
};

/// Data for stdout; throws WriteError.
void print(std::string_view text);

/// Talk: `sgdbench: LINE` on stderr, printable and of a length to be read. What can't be said there
/// is left out, and nothing fails for it.
void talk(std::string_view line) noexcept;
/// The same for text as it is.
void talk_raw(std::string_view text) noexcept;

}  // namespace sgdbench
