#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include "results/labels.h"
#include "results/outcome.h"
#include "results/reports.h"

namespace sgdbench {
namespace {

constexpr bool kDescending = true, kNoResult = false, kNeedsTarget = true;

template <auto Member>
std::optional<double> number_of(const RunRecord& run) {
  return run.*Member;
}
template <auto Member>
std::optional<double> setting_of(const RunRecord& run) {
  return static_cast<double>(run.*Member);
}

constexpr auto kSortColumns = std::to_array<SortColumn>({
    {"target", [](const RunRecord& run) { return std::optional(outcome_of(run).to_target_s); },
     false, true, kNeedsTarget},
    {"epoch", [](const RunRecord& run) { return std::optional(outcome_of(run).epoch_s); }},
    {"loss", number_of<&RunRecord::loss_final>},
    {"accuracy", number_of<&RunRecord::accuracy_final>, kDescending},
    {"updates", number_of<&RunRecord::updates_per_s>, kDescending},
    {"staleness", number_of<&RunRecord::staleness_mean>},
    {"waits", number_of<&RunRecord::wait_share>},
    {"backend", nullptr, false, kNoResult},
    {"workers", setting_of<&RunRecord::workers>, false, kNoResult},
    {"batch", setting_of<&RunRecord::batch>, false, kNoResult},
    {"lr", setting_of<&RunRecord::lr>, false, kNoResult},
});

/// The repeats of one configuration, and what they come to.
struct Candidate {
  std::vector<const RunRecord*> repeats;
  Standing standing;
  double time = kNever, loss = kNever;
  const RunRecord& row() const { return *repeats.front(); }
};
using Candidates = std::vector<Candidate>;

/// Median over the repeats that count; where one has no number, it is infinite.
double median_of(const Candidate& candidate, std::optional<double> (*number)(const RunRecord&),
                 double otherwise) {
  std::vector<double> values;
  for (const auto* run : candidate.repeats) {
    const auto outcome = outcome_of(*run);
    if (outcome.counts)
      values.push_back(outcome.healthy ? number(*run).value_or(otherwise) : otherwise);
  }
  return values.empty() ? otherwise : median(values);
}

/// The configurations of one problem together, in the order asked.
std::vector<Candidates> problems_of(std::span<const RunRecord> runs,
                                    std::span<const std::string> asked) {
  std::vector<Candidates> problems;
  std::map<std::string_view, std::pair<std::size_t, std::size_t>> places;
  for (const auto& run : runs) {
    const auto [place, is_new] = places.try_emplace(run.config_id);
    if (is_new) {
      const auto same = [&](const Candidates& all) { return same_goal(all.front().row(), run); };
      const auto problem = std::find_if(problems.begin(), problems.end(), same);
      place->second.first = static_cast<std::size_t>(problem - problems.begin());
      if (problem == problems.end()) problems.emplace_back();
      place->second.second = problems[place->second.first].size();
      problems[place->second.first].emplace_back();
    }
    problems[place->second.first][place->second.second].repeats.push_back(&run);
  }
  std::map<std::string_view, std::size_t> order;
  for (const auto& id : asked) order.try_emplace(id, order.size());
  const auto rank = [&](const Candidate& candidate) {
    const auto found = order.find(candidate.row().config_id);
    return found == order.end() ? order.size() : found->second;
  };
  for (auto& problem : problems)
    std::stable_sort(problem.begin(), problem.end(),
                     [&](const Candidate& a, const Candidate& b) { return rank(a) < rank(b); });
  return problems;
}

void settle_candidate(Candidate& candidate) {
  candidate.standing = standing_of(candidate.repeats);
  candidate.time = candidate.standing.median_time().value_or(kNever);
  candidate.loss = median_of(candidate, number_of<&RunRecord::loss_final>, kNever);
}

/// By the time to the target, or the loss after the budget where there is none.
bool is_better(const Candidate& a, const Candidate& b) {
  const auto key = [](const Candidate& c) {
    const bool timed = names_target(c.row());
    return std::tuple(!c.standing.may_win(), timed ? c.time : c.loss, timed ? c.loss : c.time);
  };
  return key(a) < key(b);
}

/// Whether two configurations differ in no setting but this one. What the program chose for each
/// is no difference.
bool differ_in_alone(const RunRecord& a, const RunRecord& b, const RunField& column) {
  static const auto settings = columns_that_are(kSetting);
  return std::all_of(settings.begin(), settings.end(), [&](const RunField& other) {
    return other.name == column.name || chose(a, other.name) || other.get(a) == other.get(b);
  });
}

std::optional<double> number_in(const RunRecord& run, const RunField& column) {
  const auto value = column.get(run);
  if (const auto* whole = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*whole);
  const auto* real = std::get_if<double>(&value);
  return real ? std::optional(*real) : std::nullopt;
}

/// The other configurations' values of what they alone differ in from `best`.
std::set<double> swept_values(const RunRecord& best, const std::vector<const Candidate*>& others,
                              const RunField& column) {
  std::set<double> values;
  for (const auto* other : others)
    if (const auto value = number_in(other->row(), column);
        value && differ_in_alone(best, other->row(), column))
      values.insert(*value);
  return values;
}

/// "best at the largest lr asked: look further"; "" where it lies within what was swept.
std::string edge_text(const Candidate& best, const std::vector<const Candidate*>& others) {
  if (!best.standing.may_win()) return "";
  std::string text;
  static const auto swept_columns = columns_that_are(kSetting | kHasBest);
  for (const auto& column : swept_columns) {
    if (chose(best.row(), column.name)) continue;
    const auto own = number_in(best.row(), column);
    const auto swept = swept_values(best.row(), others, column);
    if (!own || swept.size() < 2 || (own > *swept.begin() && own < *swept.rbegin())) continue;
    text += fmt::format("{} {} {} asked", text.empty() ? "best at the" : " and the",
                        own == *swept.begin() ? "least" : "largest", column.name);
  }
  return text.empty() ? "" : text + ": look further";
}

/// Leaves the best of each group of candidates that agree in the columns, with what is to be said
/// of it.
std::vector<const Candidate*> best_of(const Candidates& candidates, const Layout& layout,
                                      Arrangement& arrangement) {
  using Key = std::vector<std::string>;
  std::map<Key, std::vector<const Candidate*>> groups;
  for (const auto& candidate : candidates) {
    Key key;
    for (const auto& column : layout.best_per) key.push_back(to_text(column.get(candidate.row())));
    groups[std::move(key)].push_back(&candidate);
  }
  std::vector<const Candidate*> kept;
  for (const auto& [key, group] : groups) {
    kept.push_back(*std::min_element(group.begin(), group.end(), [](const auto* a, const auto* b) {
      return is_better(*a, *b);
    }));
    if (auto text = edge_text(*kept.back(), group); !text.empty())
      arrangement.remarks[kept.back()->row().config_id] = std::move(text);
  }
  std::sort(kept.begin(), kept.end());  // as they stand among the candidates
  return kept;
}

/// Smaller is further up.
double sort_key(const Candidate& candidate, const SortColumn& column) {
  const double value = median_of(candidate, column.number, column.descending ? -kNever : kNever);
  return column.descending ? -value : value;
}

void sort_by(const SortColumn& column, std::vector<const Candidate*>& candidates) {
  if (!column.number)
    return std::stable_sort(candidates.begin(), candidates.end(),
                            [](const Candidate* a, const Candidate* b) {
                              return strategy_text(a->row()) < strategy_text(b->row());
                            });
  using Key = std::tuple<int, double>;
  std::map<const Candidate*, Key> keys;
  for (const auto* candidate : candidates) {
    if (!column.result) {
      keys[candidate] = {0, *column.number(candidate->row())};
      continue;
    }
    const double key = sort_key(*candidate, column);
    keys[candidate] = {!std::isfinite(key) ? 2 : !candidate->standing.may_win(), key};
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const Candidate* a, const Candidate* b) { return keys[a] < keys[b]; });
}

}  // namespace

std::span<const SortColumn> sort_columns() {
  return kSortColumns;
}

Arrangement arrange(std::span<const RunRecord> runs, std::span<const std::string> asked,
                    const Layout& layout) {
  Arrangement arrangement;
  for (auto& problem : problems_of(runs, asked)) {
    std::for_each(problem.begin(), problem.end(), settle_candidate);
    std::vector<const Candidate*> shown;
    if (layout.best_per.empty())
      for (const auto& candidate : problem) shown.push_back(&candidate);
    else
      shown = best_of(problem, layout, arrangement);
    if (layout.sort) sort_by(*layout.sort, shown);
    arrangement.left_out += problem.size() - shown.size();
    for (const auto* candidate : shown)
      arrangement.config_ids.push_back(candidate->row().config_id);
  }
  return arrangement;
}

std::string left_out_text(std::size_t left_out, const Layout& layout) {
  if (left_out == 0) return "";
  std::vector<std::string_view> names;
  for (const auto& column : layout.best_per) names.push_back(column.name);
  return fmt::format("{} configuration{} not shown: only the best of each {}", left_out,
                     left_out == 1 ? " is" : "s are", fmt::join(names, ", "));
}

}  // namespace sgdbench
