// Where the reports and the timelines go.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/configuration.h"
#include "cli/files.h"
#include "cli/options.h"
#include "results/record.h"
#include "results/reports.h"
#include "results/trace.h"

namespace sgdbench {

class Outputs {
 public:
  /// Throws UsageError if two reports would go to the same place, --resume has no journal, or a
  /// table is to be laid out that is not written.
  explicit Outputs(const Given& given);
  /// Throws UsageError if a report would replace the suite, or a file that one of the
  /// configurations reads.
  void check_inputs(const Given& given, std::span<const Configuration> configurations);

  using Render = std::string (*)(std::span<const RunRecord>, const ReportContext&);

  /// Makes the folder of --output and throws WriteError if a report can be seen to fail.
  void check() const;
  bool uses_stdout() const;
  /// Whether rows go where `compare` can read them.
  bool keeps_runs() const { return keeps_runs_; }
  /// How tables for people are laid out.
  const Layout& layout() const { return layout_; }
  /// Where rows are kept while the sweep runs; "" for nowhere.
  const std::filesystem::path& journal() const { return journal_; }
  /// Whether no option asks for the journal itself.
  bool journal_is_temporary() const { return journal_is_temporary_; }
  /// Writes all of them; one that fails does not keep the others from being written. Throws
  /// what the first of these threw: WriteError, StoppedWaiting.
  void write(std::span<const RunRecord> rows, const ReportContext& context) const;

 private:
  struct Target {
    std::filesystem::path path;
    Render render;  ///< null: written elsewhere
  };
  void add(std::string_view option, const std::filesystem::path& path, Render render);
  void find_layout(const Given& given);
  void find_journal(const Given& given);

  /// `KIND=PATH` of --export.
  void add_export(const std::string& text);

  FileUse files_;
  Layout layout_;
  std::vector<Target> targets_;
  bool exports_ = false, quiet_ = false, keeps_runs_ = false;
  std::filesystem::path folder_, journal_;
  bool journal_is_temporary_ = false;
};

// `--trace`: the timelines of a sweep, of each configuration its first timed repeat.

class TraceOutput {
 public:
  /// Opens no file yet. Throws UsageError for --trace-slices without --trace, and where the
  /// timelines of the widest configuration would fill more than half of the `available` bytes (0:
  /// unknown).
  TraceOutput(const Given& given, const std::vector<Configuration>& configurations,
              std::uint64_t available);

  /// Begins the file; throws WriteError.
  void open(std::string_view version, std::string_view command);
  /// For RunSpec::timeline_slices; 0 where nothing is traced.
  std::size_t slices() const { return slices_; }
  /// Throws WriteError.
  void add(TracedRun run, std::string_view config_id, const Timeline& timeline);
  /// Completes the file, and says on stderr if slices were forgotten. Throws WriteError.
  void finish(bool quiet);

 private:
  std::string path_;
  std::size_t slices_ = 0;
  std::vector<std::string> configurations_;  ///< in the order in which they were asked for
  std::unique_ptr<TraceWriter> writer_;
  SliceCount count_;
};

}  // namespace sgdbench
