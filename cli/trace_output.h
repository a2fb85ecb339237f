// `--trace`: the timelines of a sweep, of each configuration its first timed repeat.
#pragma once

#include <memory>
#include <string>

#include "cli/cell.h"
#include "cli/options.h"
#include "results/trace.h"

namespace sgdbench {

class TraceOutput {
 public:
  /// Opens no file yet. Throws UsageError for --trace-slices without --trace, and where the
  /// timelines of the widest cell would fill more than half of the `available` bytes (0: unknown).
  TraceOutput(const Given& given, const std::vector<Cell>& cells, std::uint64_t available);

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
