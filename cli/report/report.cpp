// `sgdbench report TRACE`: what each worker did when, in a table or a picture.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "backends/conditions/law.h"
#include "cli/outputs.h"
#include "cli/report/picture.h"
#include "cli/report/table.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include "results/atomic_file.h"
#include "workloads/names.h"

namespace sgdbench {
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
