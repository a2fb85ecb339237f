#include "cli/report/table.h"

#include <fmt/format.h>

#include "cli/text.h"

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
    TextTable table({"", "compute", "wait", "communicate", "observe", "updates", "mean τ"});
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

}  // namespace sgdbench
