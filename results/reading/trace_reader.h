// Reading a trace back: those that this program wrote (trace_json.h).
//
// The idea: one pass that keeps slices alone; an event is gone as soon as it has been looked at.
#pragma once

#include <string>
#include <vector>

#include "results/timeline.h"

namespace sgdbench {

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
