// Timelines as trace-event JSON, which Perfetto and chrome://tracing show.
//
// A run is a process, a track a thread of it. Slices are complete events ("X"), the staleness of
// each update a counter ("C"), and a flow ("s" to "f") leads from the slice in which a gradient
// pulled its parameters (where nothing is pulled: in which it was computed) to the slice that
// applied it.
//
// Invariants: slices of a track are disjoint and in order, so that they nest. Every flow that
// begins ends, and each of its ends lies at the begin of its slice and stands after it in the file:
// there importers look for it.
//
// Source: Trace Event Format (Google, 2016). Times are microseconds with three decimals, so that
// nanoseconds come back exactly. The time unit for display is left at "ms": some importers took
// "ns" for the unit of the numbers.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "results/atomic_file.h"
#include "results/timeline.h"

namespace sgdbench {

/// What a trace says of one run.
struct TracedRun {
  std::string label;        ///< of its configuration
  std::string run_id;       ///< of the row that reports it
  std::string clock;        ///< real or virtual
  std::uint64_t order = 0;  ///< its place among the others, which may have run in another order
};

/// Writes run after run, each as soon as it is known: no more than a buffer is in memory. Nothing
/// is at the path before finish(). Every call throws WriteError.
class TraceWriter {
 public:
  TraceWriter(const std::filesystem::path& path, std::string_view version,
              std::string_view command);
  void add(const TracedRun& run, const Timeline& timeline);
  void finish();

 private:
  class Process;
  void append(std::string_view event);
  void flush();

  AtomicFile file_;
  std::string buffer_, head_, runs_;
  std::uint64_t processes_ = 0, threads_ = 0, flows_ = 0;
  bool empty_ = true;
};

/// `text` as a JSON string, in its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

/// Slices that a timeline kept and forgot.
struct SliceCount {
  std::uint64_t kept = 0, forgotten = 0;
};
SliceCount count_slices(const Timeline& timeline);

struct ReadTrack {
  std::string name;
  bool is_server = false;
  std::uint64_t forgotten = 0;
  std::vector<Slice> slices;  ///< in order of time
};

struct ReadRun {
  std::string label;
  std::string clock;
  std::uint64_t order = 0;
  std::vector<ReadTrack> tracks;  ///< the workers, then the server if there is one
  bool has_server() const { return !tracks.empty() && tracks.back().is_server; }
  std::size_t workers() const { return tracks.size() - (has_server() ? 1 : 0); }
};

struct ReadTrace {
  std::string command;
  std::vector<ReadRun> runs;
};

/// `-` is stdin. Throws MissingReport, and BadReport for what is no trace or has no slices.
ReadTrace read_trace(const std::string& path);

/// The same for a text; `name` is for errors.
ReadTrace parse_trace(std::string_view text, std::string_view name);

}  // namespace sgdbench
