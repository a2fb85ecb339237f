// The rows of a configuration in both reports, the values that its repeats have by a metric, what
// they changed by, and how they compare exactly.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "results/comparison/parts.h"
#include "results/fields.h"
#include "results/outcome.h"
#include "results/statistics/ranks.h"

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

/// That all repeats crash where none did needs no more repeats; whether more of them diverge or
/// come too late may be chance, and is judged with everything else.
ComparisonNote nothing_ok_now(const Match& match) {
  const auto* row = match.base.front();
  if (match.now.empty()) return {row, "ok in BASE and missing in NEW", Verdict::inconclusive};
  const bool crashes =
      (all_of(match.now, "failed") || all_of(match.now, "unsupported")) && all_ok(match.base);
  const auto verdict = crashes                            ? Verdict::regression
                       : all_of(match.now, "interrupted") ? Verdict::inconclusive
                                                          : Verdict::fine;
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

/// What a configuration is, wherever its data lies; "" where the report does not say.
std::string content_of(const RunRecord& row) {
  static const auto settings = columns_that_are(kSetting), problem = columns_that_are(kOfProblem);
  if (!row.data_checksum || row.backend.empty()) return "";
  std::string text;
  for (const auto* columns : {&settings, &problem})
    for (const auto& column : *columns)
      if (column.name != "data") text += to_text(column.get(row)) + '\n';
  return text;
}

/// Joins what only one report has where the other has the same settings on the same data, once.
void match_by_content(std::vector<Match>& matches, std::vector<std::string>& lines) {
  std::map<std::string, std::vector<std::size_t>> alone[2];
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const auto& match = matches[i];
    if (!match.base.empty() && !match.now.empty()) continue;
    const auto text = content_of(*(match.base.empty() ? match.now : match.base).front());
    if (!text.empty()) alone[match.base.empty()][text].push_back(i);
  }
  for (const auto& [text, places] : alone[0]) {
    const auto found = alone[1].find(text);
    if (places.size() != 1 || found == alone[1].end() || found->second.size() != 1) continue;
    auto& match = matches[places[0]];
    auto& other = matches[found->second[0]];
    match.now = std::move(other.now);
    other.now.clear();
    auto line = fmt::format("the same data has the name {} in BASE and {} in NEW",
                            match.base.front()->data, match.now.front()->data);
    if (std::find(lines.begin(), lines.end(), line) == lines.end())
      lines.push_back(std::move(line));
  }
  std::erase_if(matches,
                [](const Match& match) { return match.base.empty() && match.now.empty(); });
}

}  // namespace

std::vector<Match> match_configurations(const std::vector<RunRecord>& base,
                                        const std::vector<RunRecord>& now,
                                        std::vector<std::string>& lines) {
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
  match_by_content(matches, lines);
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
  // Whether more of them fail than in BASE is judged with everything else.
  notes.push_back(
      {match.now.front(), fmt::format("in NEW {}", trouble(match.now)),
       count_status(match.now, "interrupted") > 0 ? Verdict::inconclusive : Verdict::fine});
  return notes;
}

Repeats::Repeats(const std::vector<RunRecord>& base, const std::vector<RunRecord>& now,
                 bool paired) {
  const auto add = [](auto& slots, const std::vector<RunRecord>& rows) {
    std::map<std::pair<std::string_view, std::uint64_t>, std::size_t> seen;
    for (const auto& row : rows)
      slots.try_emplace({row.repeat, seen[{row.config_id, row.repeat}]++});
  };
  add(sides_[0], base);
  add(sides_[1], now);
  if (paired) {
    add(sides_[0], now);
    sides_[1] = sides_[0];
  }
  for (auto& slots : sides_) {
    std::size_t next = 0;
    for (auto& [repeat, slot] : slots) slot = next++;
  }
}

namespace {

/// Leaves the values of those repeats that both have, in one order.
void keep_pairs(Finding& finding, const Match& match) {
  std::map<std::uint64_t, double> before;
  for (const auto* row : match.base)
    if (const auto value = value_of(*finding.metric, *row)) before[row->repeat] = *value;
  finding.before.values.clear();
  finding.after.values.clear();
  for (const auto* row : match.now) {
    const auto value = value_of(*finding.metric, *row);
    const auto same = before.find(row->repeat);
    if (!value || same == before.end()) continue;
    finding.before.values.push_back(same->second);
    finding.after.values.push_back(*value);
  }
}

/// Why samples can't be compared; "" where they can.
std::string why_not(const Finding& finding) {
  const auto& a = finding.before.values;
  const auto& b = finding.after.values;
  if (a.empty() || b.empty())
    return fmt::format("no value in {}", a.empty() ? (b.empty() ? "either" : "BASE") : "NEW");
  const auto has_none = [](double value) { return !(value > 0); };
  if (finding.metric->kind != Metric::Kind::points && finding.metric->kind != Metric::Kind::event &&
      (std::any_of(a.begin(), a.end(), has_none) || std::any_of(b.begin(), b.end(), has_none)))
    return "values that are not above 0 have no ratio";
  const auto infinite = [](double value) { return std::isinf(value); };
  if (std::all_of(a.begin(), a.end(), infinite) && std::all_of(b.begin(), b.end(), infinite))
    return "no repeat of either reached the end";
  return "";
}

}  // namespace

bool crossings_differ(const Match& match) {
  const auto any = [](const Rows& rows, bool bounded) {
    return std::any_of(rows.begin(), rows.end(), [&](const RunRecord* row) {
      return row->time_to_target_s && row->time_to_target_high_s.has_value() == bounded;
    });
  };
  return (any(match.base, true) && any(match.now, false)) ||
         (any(match.base, false) && any(match.now, true));
}

Sample sample(const Rows& rows, const Metric& metric) {
  Sample found;
  std::vector<double> lows, highs;
  const auto bound = [](auto* get, const RunRecord& row, double value) {
    return get && std::isfinite(value) ? get(row).value_or(value) : value;
  };
  for (const auto* row : rows) {
    const auto value = value_of(metric, *row);
    if (!value) continue;
    found.values.push_back(*value);
    lows.push_back(bound(metric.low, *row, *value));
    highs.push_back(bound(metric.high, *row, *value));
  }
  if (found.values.empty()) return found;
  found.median = median(found.values);
  found.interval = median_interval(lows, highs, kMedianConfidence);
  return found;
}

std::string estimate_change(Finding& finding, const Match& match,
                            const ComparisonOptions& options) {
  if (options.paired) keep_pairs(finding, match);
  auto why = why_not(finding);
  if (!why.empty() || finding.metric->kind == Metric::Kind::event) return why;
  const bool points = finding.metric->kind == Metric::Kind::points;
  auto a = finding.before.values, b = finding.after.values;
  if (points)  // the factors of these are the differences of those
    for (auto* values : {&a, &b})
      for (double& value : *values) value = std::exp(value);
  if (const auto shift = options.paired ? shift_of_pairs(a, b) : shift_between(a, b))
    finding.change = points ? *shift : std::exp(*shift);
  if (finding.metric->better == Metric::Better::neither)
    return "no direction is better: compared only where it is exact";
  return "";
}

namespace {

struct Changes {
  std::size_t compared = 0, differing = 0;
  bool negative = false;       ///< a value that differs has no logarithm
  double worst = 0, best = 0;  ///< on the metric's scale, positive is worse
};

Changes changes(const Finding& finding, const Match& match) {
  std::map<std::uint64_t, double> before;
  for (const auto* row : match.base)
    if (const auto value = value_of(*finding.metric, *row)) before[row->repeat] = *value;
  Changes found;
  for (const auto* row : match.now) {
    const auto value = value_of(*finding.metric, *row);
    const auto same = before.find(row->repeat);
    if (!value || same == before.end()) continue;
    ++found.compared;
    if (*value == same->second) continue;
    ++found.differing;
    if (finding.metric->kind == Metric::Kind::points) {
      found.worst = std::max(found.worst, same->second - *value);
      found.best = std::min(found.best, same->second - *value);
      continue;
    }
    found.negative = found.negative || *value < 0 || same->second < 0;
    if (found.negative) continue;
    double worse =
        worse_sign(*finding.metric) * log_ratio(std::log(same->second), std::log(*value));
    if (finding.metric->better == Metric::Better::neither) worse = std::abs(worse);
    found.worst = std::max(found.worst, worse);
    found.best = std::min(found.best, worse);
  }
  return found;
}

}  // namespace

void compare_exactly(Finding& finding, const Match& match, const Criteria& criteria,
                     const std::string& rounding) {
  finding.exact = true;
  const auto found = changes(finding, match);
  if (found.compared == 0) {
    finding.remark = "the reports have no repeat in common";
    return;
  }
  if (found.negative) {
    finding.remark = "changed, and negative values have no ratio";
    return;
  }
  const double shown = found.worst > 0 ? found.worst : found.best;
  finding.change = finding.metric->kind == Metric::Kind::points
                       ? -shown
                       : std::exp(worse_sign(*finding.metric) * shown);
  finding.verdict =
      found.worst > allowed(*finding.metric, criteria) ? Verdict::regression : Verdict::fine;
  finding.improved = found.worst == 0 && found.best < 0;
  if (found.differing == 0) {
    const auto most = std::max(finding.before.values.size(), finding.after.values.size());
    finding.remark = found.compared == most
                         ? "identical"
                         : fmt::format("identical in the {} of {} repeats that both reports have",
                                       found.compared, most);
    return;
  }
  finding.remark = fmt::format("changed in {} of {} repeats", found.differing, found.compared);
  if (!rounding.empty()) finding.remark += fmt::format("; {}", rounding);
}

}  // namespace sgdbench
