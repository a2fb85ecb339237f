// Is it the same machine, the same build, the same data? Where a report does not say, it is. And
// what did the machine itself do between the two?
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "results/comparison/parts.h"
#include "results/fields.h"
#include "results/reports.h"
#include "results/statistics.h"

namespace sgdbench {
namespace {

struct Circumstance {
  Role role;
  std::string_view kind;
  bool Surroundings::*differs;
};
constexpr auto kCircumstances = std::to_array<Circumstance>({
    {kOfMachine, "machine", &Surroundings::machine},
    {kOfBuild, "build", &Surroundings::build},
    {kOfData, "data", &Surroundings::data},
});

/// What the rows say, each once; unknown (empty, or none of what is counted) is not said.
std::set<std::string> said(const Rows& rows, const RunField& column) {
  std::set<std::string> values;
  for (const auto* row : rows)
    if (const auto value = column.get(*row); value != Value{std::uint64_t{0}})
      values.insert(to_text(value));
  values.erase("");
  return values;
}

}  // namespace

Surroundings compare_environment(const Match& match, std::vector<std::string>& lines) {
  Surroundings found;
  const auto& data = match.base.front()->data;
  for (const auto& circumstance : kCircumstances)
    for (const auto& column : columns_that_are(circumstance.role)) {
      const auto before = said(match.base, column), after = said(match.now, column);
      if (before.empty() || after.empty() || before == after) continue;
      found.*circumstance.differs = true;
      const bool of_data = circumstance.role == kOfData && !data.empty();
      auto line = fmt::format("different {}: {}{} is {} in BASE and {} in NEW", circumstance.kind,
                              column.name, of_data ? fmt::format(" of {}", data) : "",
                              fmt::join(before, " or "), fmt::join(after, " or "));
      if (std::find(lines.begin(), lines.end(), line) == lines.end())
        lines.push_back(std::move(line));
    }
  return found;
}

// Drift. Repeats within a report can't tell: what a neighbour does to all of them looks like a
// slower program, and equal builds would differ significantly. So fixed pieces of work are timed
// beside every run. They are noisier than the runs, so of each kind the median over all
// configurations of equal width is taken, repeat by repeat, and it counts only where it moved
// significantly: then times are judged also without it (judging.cpp). All runs compute and read;
// cache lines and other cores matter to runs of several workers alone.

namespace {

/// Above this p-value a piece of work is taken not to have moved.
constexpr double kMoved = 0.05;
/// Of the repeats of a side: the statistic leaves as many out as slow.
constexpr double kMostUnread = 0.2;

struct Piece {
  std::string_view what;
  std::optional<double> (*time)(const RunRecord&);
  bool of_several;  ///< workers
};
constexpr auto kPieces = std::to_array<Piece>({
    {"arithmetic", [](const RunRecord& row) { return row.pace_compute_ns; }, false},
    {"reading memory", [](const RunRecord& row) { return row.pace_read_ns; }, false},
    {"moving cache lines", [](const RunRecord& row) { return row.line_transfer_ns; }, true},
    {"work on all cores",
     [](const RunRecord& row) {
       return row.parallel_capacity ? std::optional(1 / *row.parallel_capacity) : std::nullopt;
     },
     true},
});

/// Medians by repeat over the configurations that ran with so many workers. What could not be read
/// took for ever; nothing where no row of the side has a value.
std::vector<double> series(const std::vector<Match>& matches, const Repeats& repeats, bool of_now,
                           std::size_t workers, const Piece& piece) {
  std::vector<std::vector<double>> by_repeat(of_now ? repeats.after() : repeats.before());
  bool any = false;
  for (const auto& match : matches) {
    const auto& rows = of_now ? match.now : match.base;
    if (match.base.empty() || match.now.empty() || rows.front()->workers != workers) continue;
    if (rows.front()->clock == "virtual") continue;
    const auto values = repeats.values(of_now, rows, [&](const RunRecord& row) {
      const auto time = piece.time(row);
      if (row.status == "interrupted" || row.status == "unsupported") return kNoValue;
      any = any || (time && *time > 0);
      return time && *time > 0 ? std::log(*time) : HUGE_VAL;
    });
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isnan(values[i])) by_repeat[i].push_back(values[i]);
  }
  std::vector<double> medians;
  if (!any) return medians;
  for (const auto& values : by_repeat)
    medians.push_back(values.empty() ? kNoValue : median(values));
  return medians;
}

double share_unread(const std::vector<double>& values) {
  const auto unread =
      std::count_if(values.begin(), values.end(), [](double value) { return std::isinf(value); });
  return static_cast<double>(unread) / static_cast<double>(values.size());
}

double middle(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  return values.empty() ? 0 : median(values);
}

/// A time of which it could not be seen what the machine did is as fast as it may have been. Both
/// are larger where things are slower, throughput as well.
void take_from(std::vector<double>& values, const std::vector<double>& machine, double most) {
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] -= std::isinf(machine[i]) ? most : machine[i];
}

std::string text_of(const Drift& drift) {
  const auto beside =
      fmt::format("beside runs with {} worker{}", drift.workers, drift.workers == 1 ? "" : "s");
  if (drift.unread)
    return fmt::format("{} could not be timed {} in NEW: nothing there is called slower",
                       drift.what, beside);
  const double change = std::exp(middle(drift.after) - middle(drift.before));
  return fmt::format(
      "the machine was {:.0f} % {} at {} {}: times there are judged with and without that, and the "
      "weaker verdict counts; `paired` needs no such thing",
      100 * std::abs(change - 1), change > 1 ? "slower" : "faster", drift.what, beside);
}

}  // namespace

std::vector<Drift> drifts(const std::vector<Match>& matches, const Repeats& repeats,
                          const ComparisonOptions& options, std::vector<std::string>& lines) {
  std::vector<Drift> found;
  if (options.paired || options.ignore_environment) return found;
  std::set<std::size_t> widths;
  for (const auto& match : matches)
    for (const auto* row : match.base) widths.insert(row->workers);
  for (const auto workers : widths)
    for (const auto& piece : kPieces) {
      if (piece.of_several && workers < 2) continue;
      Drift drift{workers, piece.what, series(matches, repeats, false, workers, piece),
                  series(matches, repeats, true, workers, piece)};
      if (drift.before.empty() || drift.after.empty()) continue;
      const Measured measured{drift.before, drift.after};
      const auto judged = judge_family({&measured, 1}, {false, options.deals});
      drift.slower = judged[0].worse <= kMoved;
      drift.faster = judged[0].not_worse <= kMoved;
      drift.unread = share_unread(drift.after) > kMostUnread &&
                     share_unread(drift.after) > share_unread(drift.before);
      if (!drift.slower && !drift.faster && !drift.unread) continue;
      lines.push_back(text_of(drift));
      found.push_back(std::move(drift));
    }
  return found;
}

void take_off(Measured& measured, const Drift& drift) {
  double most = 0;
  for (const auto* side : {&drift.before, &drift.after})
    for (const double value : *side)
      if (std::isfinite(value)) most = std::max(most, value);
  take_from(measured.before, drift.before, most);
  take_from(measured.after, drift.after, most);
}

}  // namespace sgdbench
