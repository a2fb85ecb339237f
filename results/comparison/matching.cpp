#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "results/comparison/parts.h"
#include "results/outcome.h"

namespace sgdbench {
namespace {

std::size_t count_status(const Rows& rows, std::string_view status) {
  return static_cast<std::size_t>(std::count_if(
      rows.begin(), rows.end(), [&](const RunRecord* row) { return row->status == status; }));
}

bool is_healthy(const RunRecord* row) {
  return outcome_of(*row).healthy;
}
bool any_ok(const Rows& rows) {
  return std::any_of(rows.begin(), rows.end(), is_healthy);
}
bool all_ok(const Rows& rows) {
  return std::all_of(rows.begin(), rows.end(), is_healthy);
}

/// "diverged: the loss is not finite", "2 of 5 repeats failed: …".
std::string trouble(const Rows& rows) {
  const auto bad = std::find_if_not(rows.begin(), rows.end(), is_healthy);
  const auto good = static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), is_healthy));
  std::string text;
  if (good > 0) text = fmt::format("{} of {} repeats ", rows.size() - good, rows.size());
  text += (*bad)->status;
  return (*bad)->reason.empty() ? text : fmt::format("{}: {}", text, (*bad)->reason);
}

bool all_of(const Rows& rows, std::string_view status) {
  return count_status(rows, status) == rows.size();
}

ComparisonNote nothing_ok_now(const Match& match) {
  const auto* row = match.base.front();
  if (match.now.empty()) return {row, "ok in BASE and missing in NEW", Verdict::inconclusive};
  const auto verdict =
      all_of(match.now, "interrupted") ? Verdict::inconclusive : Verdict::regression;
  return {row, fmt::format("ok in BASE, in NEW {}", trouble(match.now)), verdict};
}

ComparisonNote nothing_ok_before(const Match& match) {
  const auto* row = match.base.front();
  const auto before = trouble(match.base);
  if (match.now.empty())
    return {row, fmt::format("missing in NEW; in BASE {}", before), Verdict::fine};
  if (any_ok(match.now))
    return {row, fmt::format("ok in NEW, nothing to compare with: in BASE {}", before),
            Verdict::fine};
  const auto after = trouble(match.now);
  return {row,
          before == after ? fmt::format("in both {}", before)
                          : fmt::format("in BASE {}; in NEW {}", before, after),
          Verdict::fine};
}

}  // namespace

std::vector<Match> match_configurations(const std::vector<RunRecord>& base,
                                        const std::vector<RunRecord>& now) {
  std::vector<Match> matches;
  std::map<std::string_view, std::size_t> places;
  const auto add = [&](const std::vector<RunRecord>& rows, Rows Match::*side) {
    for (const auto& row : rows) {
      const auto [place, added] = places.emplace(row.config_id, matches.size());
      if (added) matches.emplace_back();
      (matches[place->second].*side).push_back(&row);
    }
  };
  add(base, &Match::base);
  add(now, &Match::now);
  return matches;
}

bool comparable(const Match& match) {
  return any_ok(match.base) && any_ok(match.now);
}

std::vector<ComparisonNote> notes_of(const Match& match) {
  if (match.base.empty())
    return {{match.now.front(),
             any_ok(match.now) ? "only in NEW, nothing to compare with"
                               : fmt::format("only in NEW, where it is {}", trouble(match.now)),
             Verdict::fine}};
  if (!any_ok(match.base)) return {nothing_ok_before(match)};
  if (!any_ok(match.now)) return {nothing_ok_now(match)};
  std::vector<ComparisonNote> notes;
  if (!all_ok(match.base))
    notes.push_back(
        {match.base.front(), fmt::format("in BASE {}", trouble(match.base)), Verdict::fine});
  if (all_ok(match.now)) return notes;
  // That some runs diverge may be noise, and shows in the metrics; that one fails is not.
  const bool fails =
      count_status(match.now, "failed") > 0 && count_status(match.base, "failed") == 0;
  notes.push_back({match.now.front(), fmt::format("in NEW {}", trouble(match.now)),
                   fails ? Verdict::regression : Verdict::fine});
  return notes;
}

}  // namespace sgdbench
