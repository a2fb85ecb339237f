// What a recorded run amounts to, in numbers, in a table and in a picture: its updates, and where
// its workers' time went.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/trace.h"

namespace sgdbench {

/// A stretch of time, from the start of the runs.
struct Window {
  Nanoseconds from = 0, to = 0;
  Nanoseconds length() const { return to - from; }
  /// How much of a slice lies within.
  Nanoseconds share(const Slice& slice) const;
};

/// One update, where it was applied.
struct AppliedUpdate {
  Nanoseconds begin = 0, end = 0;
  std::uint64_t index = 0, staleness = 0;
  std::size_t track = 0;
};

/// By time. An update that several workers applied together is there once, when the last was done.
std::vector<AppliedUpdate> updates_of(const ReadRun& run);

/// A gradient and the update that it became.
struct Landing {
  std::size_t worker = 0;
  std::uint64_t gradient = 0;
  Nanoseconds begin = 0;        ///< of its pull, or, where it has none, of its computation
  std::uint64_t staleness = 0;  ///< its own; that of its update is its stalest gradient's
  AppliedUpdate update;
};

/// By the time of their updates; without those whose begin has been forgotten.
std::vector<Landing> landings_of(const ReadRun& run);

/// Doubles: slices of a damaged trace may lie upon one another, and their sum has no bound.
struct Shares {
  std::array<double, kPhases> spent{};  ///< ns
  double total() const;
  /// Of what was recorded; 0 where nothing was.
  double of(Phase phase) const;
  void add(const Slice& slice, const Window& window);
};

struct RunSummary {
  Shares shares;  ///< of all workers
  std::uint64_t updates = 0;
  std::uint64_t gradients = 0;           ///< that they were made of
  std::optional<double> mean_staleness;  ///< of those gradients
};

/// Of the updates that ended within the window.
RunSummary summarise(const ReadRun& run, const Window& window);

struct WorkerSummary {
  Shares shares;
  std::uint64_t gradients = 0;  ///< that became part of an update
  std::optional<double> mean_staleness;
};
std::vector<WorkerSummary> summarise_workers(const ReadRun& run, const Window& window);

/// From the first slice to the end of the last.
Window extent(const ReadRun& run);

/// What a picture shows unless it is told: from where every track still knows what happened, until
/// each worker of the slowest run has done about `gradients`; but no run is crowded far beyond
/// that.
Window usual_window(const std::vector<ReadRun>& runs, std::size_t gradients);

// What a trace amounts to, in a table.

/// A row per worker and one for each run.
std::string trace_table(const ReadTrace& trace, const Window& window);

// Of `sgdbench report`: what the files are, and the part of it that is not about traces.

struct Invocation;
/// Whether the file that is named is a trace, not a report.
bool names_trace(const Invocation& invocation);
int look_at_reports(const Invocation& invocation);

// The picture of a trace: one panel per run, above one another on one scale of time.

/// Gradients per worker that a picture shows unless it is told.
inline constexpr std::size_t kUsualGradients = 12;

/// An SVG file. The window is not empty.
std::string draw_picture(const ReadTrace& trace, const Window& window);

/// Times for grid lines, at round distances, and the unit in which they are short.
struct TimeAxis {
  std::vector<Nanoseconds> ticks;
  std::string_view unit;
  Nanoseconds per_unit = 1;
  std::string label(Nanoseconds t) const;
};
TimeAxis time_axis(const Window& window, std::size_t most_ticks);

}  // namespace sgdbench
