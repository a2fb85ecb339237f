// `sgdbench report TRACE`: what each worker did when, in a table or a picture.
#include "cli/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "backends/conditions/distribution.h"
#include "cli/outputs.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "results/atomic_file.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr std::size_t kMostWorkers = 32;

std::vector<std::string> cells(std::string name, const Shares& shares, std::uint64_t updates,
                               const std::optional<double>& staleness) {
  const auto share = [&](Phase phase) { return human_share(shares.of(phase)); };
  return {std::move(name),
          share(Phase::compute),
          share(Phase::wait),
          share(Phase::communicate),
          share(Phase::queue),
          share(Phase::observe),
          updates > 0 ? std::to_string(updates) : "—",
          or_dash(staleness, [](double v) { return fmt::format("{:.3g}", v); })};
}

std::string overflow_note(const ReadRun& run) {
  double forgotten = 0;
  for (const auto& track : run.tracks) forgotten += static_cast<double>(track.forgotten);
  if (forgotten == 0) return "";
  return fmt::format("  Older slices are missing: {:.0f} were forgotten.\n", forgotten);
}

}  // namespace

std::string trace_table(const ReadTrace& trace, const Window& window) {
  std::string text;
  for (const auto& run : trace.runs) {
    TextTable table(
        {"", "compute", "wait", "communicate", "queue", "observe", "updates", "mean τ"});
    const auto workers = summarise_workers(run, window);
    for (std::size_t w = 0; w < std::min(workers.size(), kMostWorkers); ++w)
      table.add(cells("  " + run.tracks[w].name, workers[w].shares, workers[w].gradients,
                      workers[w].mean_staleness));
    const auto all = summarise(run, window);
    table.add(cells("  all", all.shares, all.updates, all.mean_staleness));
    text += fmt::format("{}{}\n{}", text.empty() ? "" : "\n", run.label, table.text());
    if (workers.size() > kMostWorkers)
      text += fmt::format("  {} more workers are counted in the last line.\n",
                          workers.size() - kMostWorkers);
    text += overflow_note(run);
  }
  text += fmt::format(
      "\nFrom {} to {} ({} time). A worker's updates are those that its gradients "
      "became part of.\n",
      human_seconds(seconds(window.from)), human_seconds(seconds(window.to)),
      trace.runs.front().clock);
  return printable_lines(text);
}

namespace {

std::optional<Nanoseconds> time_of(const Given& given, std::string_view option) {
  if (!given.has(option)) return std::nullopt;
  try {
    constexpr double kMost = 1e9;  // seconds: still exact in nanoseconds
    return std::llround(std::min(parse_duration(given.text(option)), kMost) * 1e9);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", option, error.what()));
  }
}

/// Where the picture is to go; nothing where it is not wanted.
std::optional<std::string> picture_path(const Given& given, FileUse& files) {
  if (!given.has("--svg")) return std::nullopt;
  const auto path = given.text("--svg");
  if (path.empty()) throw UsageError("--svg: name a file, or - for stdout");
  files.writes("--svg", path);
  check_writable(path);
  return path;
}

Window whole(const ReadTrace& trace) {
  Window window = extent(trace.runs.front());
  for (const auto& run : trace.runs) {
    const auto one = extent(run);
    window = {std::min(window.from, one.from), std::max(window.to, one.to)};
  }
  return window;
}

/// What was asked for, completed by the usual one.
Window window_of(const ReadTrace& trace, std::optional<Nanoseconds> from,
                 std::optional<Nanoseconds> to, bool picture) {
  const Window all = whole(trace);
  Window window = picture && !from && !to ? usual_window(trace.runs, kUsualGradients) : all;
  if (from) window.from = *from;
  if (to) window.to = std::min(*to, all.to);
  if (window.from >= window.to)
    throw UsageError(
        fmt::format("--from and --to leave nothing to show: the trace goes from {} to {}",
                    human_seconds(seconds(all.from)), human_seconds(seconds(all.to))));
  return window;
}

}  // namespace

int report_verb(const Invocation& invocation) {
  const auto& given = invocation.given;
  if (!names_trace(invocation)) return look_at_reports(invocation);
  const auto from = time_of(given, "--from"), to = time_of(given, "--to");
  if (from && to && *from >= *to) throw UsageError("--from must be before --to");
  FileUse files;
  files.reads("FILE", invocation.positionals[0]);
  const auto path = picture_path(given, files);
  const auto trace = read_trace(invocation.positionals[0]);
  const auto window = window_of(trace, from, to, path.has_value());
  if (path)
    write_atomically(*path, draw_picture(trace, window));
  else
    print(trace_table(trace, window));
  return 0;
}

namespace {

constexpr Nanoseconds kMostCrowded = 4;  // times as many gradients as were asked for

std::optional<double> mean(double sum, std::uint64_t count) {
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

bool is_within(const AppliedUpdate& update, const Window& window) {
  return update.end > window.from && update.end <= window.to;
}

/// When the workers have done so many gradients each, on the average; the end where they never
/// have.
Nanoseconds time_of(const ReadRun& run, Nanoseconds from, std::size_t gradients) {
  std::vector<Nanoseconds> ends;
  for (const auto& track : run.tracks) {
    std::uint64_t last = 0;
    for (const auto& slice : track.slices) {
      const bool counts = slice.activity == Activity::compute && slice.gradient != last;
      if (track.is_server || slice.begin < from || !counts) continue;
      last = slice.gradient;
      ends.push_back(slice.end);
    }
  }
  const std::size_t wanted = gradients * run.workers();
  if (wanted == 0 || ends.size() <= wanted) return extent(run).to;
  std::nth_element(ends.begin(), ends.begin() + static_cast<std::ptrdiff_t>(wanted), ends.end());
  return ends[wanted];
}

/// From when on no track of the run has a gap at its start.
Nanoseconds known_from(const ReadRun& run) {
  Nanoseconds from = 0;
  for (const auto& track : run.tracks)
    if (track.forgotten > 0 && !track.slices.empty())
      from = std::max(from, track.slices.front().begin);
  return from;
}

}  // namespace

Nanoseconds Window::share(const Slice& slice) const {
  return std::max<Nanoseconds>(0, std::min(slice.end, to) - std::max(slice.begin, from));
}

std::vector<AppliedUpdate> updates_of(const ReadRun& run) {
  std::map<std::uint64_t, AppliedUpdate> found;
  for (std::size_t t = run.has_server() ? run.workers() : 0; t < run.tracks.size(); ++t)
    for (const auto& slice : run.tracks[t].slices) {
      if (slice.update == 0) continue;
      auto& update = found[slice.update];
      if (update.end < slice.end)
        update = {slice.begin, slice.end, slice.update, slice.staleness, t};
    }
  std::vector<AppliedUpdate> updates;
  for (const auto& [index, update] : found) updates.push_back(update);
  std::stable_sort(updates.begin(), updates.end(),
                   [](const auto& a, const auto& b) { return a.end < b.end; });
  return updates;
}

std::vector<Landing> landings_of(const ReadRun& run) {
  std::map<std::uint64_t, AppliedUpdate> updates;
  for (const auto& update : updates_of(run)) updates[update.index] = update;
  std::vector<Landing> landings;
  for (std::size_t w = 0; w < run.workers(); ++w) {
    Landing current{w, 0, -1, 0, {}};
    bool pulled = false, landed = false;
    for (const auto& slice : run.tracks[w].slices) {
      if (slice.gradient == 0) continue;
      if (slice.gradient != current.gradient) {
        current = {w, slice.gradient, -1, 0, {}};
        pulled = landed = false;
      }
      const bool pull = slice.activity == Activity::pull;
      if (!pulled && (pull || (slice.activity == Activity::compute && current.begin < 0))) {
        current.begin = slice.begin;
        pulled = pull;
      }
      const auto update = updates.find(slice.update);
      if (landed || current.begin < 0 || update == updates.end()) continue;
      current.update = update->second;
      current.staleness = slice.staleness;
      landed = true;
      landings.push_back(current);
    }
  }
  std::stable_sort(landings.begin(), landings.end(),
                   [](const auto& a, const auto& b) { return a.update.end < b.update.end; });
  return landings;
}

double Shares::total() const {
  double sum = 0;
  for (const auto t : spent) sum += t;
  return sum;
}

double Shares::of(Phase phase) const {
  const double all = total();
  return all == 0 ? 0 : spent[static_cast<std::size_t>(phase)] / all;
}

void Shares::add(const Slice& slice, const Window& window) {
  spent[static_cast<std::size_t>(phase_of(slice.activity))] +=
      static_cast<double>(window.share(slice));
}

RunSummary summarise(const ReadRun& run, const Window& window) {
  RunSummary summary;
  for (std::size_t w = 0; w < run.workers(); ++w)
    for (const auto& slice : run.tracks[w].slices) summary.shares.add(slice, window);
  for (const auto& update : updates_of(run)) summary.updates += is_within(update, window);
  double staleness = 0;
  for (const auto& landing : landings_of(run)) {
    if (!is_within(landing.update, window)) continue;
    ++summary.gradients;
    staleness += static_cast<double>(landing.staleness);
  }
  summary.mean_staleness = mean(staleness, summary.gradients);
  return summary;
}

std::vector<WorkerSummary> summarise_workers(const ReadRun& run, const Window& window) {
  std::vector<WorkerSummary> workers(run.workers());
  std::vector<double> staleness(run.workers());
  for (std::size_t w = 0; w < run.workers(); ++w)
    for (const auto& slice : run.tracks[w].slices) workers[w].shares.add(slice, window);
  for (const auto& landing : landings_of(run)) {
    if (!is_within(landing.update, window)) continue;
    ++workers[landing.worker].gradients;
    staleness[landing.worker] += static_cast<double>(landing.staleness);
  }
  for (std::size_t w = 0; w < run.workers(); ++w)
    workers[w].mean_staleness = mean(staleness[w], workers[w].gradients);
  return workers;
}

Window extent(const ReadRun& run) {
  Window window{std::numeric_limits<Nanoseconds>::max(), 0};
  for (const auto& track : run.tracks) {
    if (track.slices.empty()) continue;
    window.from = std::min(window.from, track.slices.front().begin);
    window.to = std::max(window.to, track.slices.back().end);
  }
  if (window.to == 0) window.from = 0;
  return window;
}

Window usual_window(const std::vector<ReadRun>& runs, std::size_t gradients) {
  Window window;
  for (const auto& run : runs) window.from = std::max(window.from, known_from(run));
  Nanoseconds shortest = std::numeric_limits<Nanoseconds>::max();
  for (const auto& run : runs) {
    const auto to = time_of(run, window.from, gradients);
    if (to <= window.from) continue;  // it was over before
    window.to = std::max(window.to, to);
    shortest = std::min(shortest, to - window.from);
  }
  if (window.to == 0) return extent(runs.front());
  if (window.length() / kMostCrowded > shortest) window.to = window.from + kMostCrowded * shortest;
  return window;
}

}  // namespace sgdbench
