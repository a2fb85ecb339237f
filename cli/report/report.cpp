// `sgdbench report TRACE`: what each worker did when, in a table or a picture.
#include "cli/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "backends/conditions/distribution.h"
#include "cli/outputs.h"
#include "cli/text.h"
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
  const auto from = time_of(given, "--from"), to = time_of(given, "--to");
  if (from && to && *from >= *to) throw UsageError("--from must be before --to");
  FileUse files;
  files.reads("TRACE", invocation.positionals[0]);
  const auto path = picture_path(given, files);
  const auto trace = read_trace(invocation.positionals[0]);
  const auto window = window_of(trace, from, to, path.has_value());
  if (path)
    write_atomically(*path, draw_picture(trace, window));
  else
    print(trace_table(trace, window));
  return 0;
}

}  // namespace sgdbench
