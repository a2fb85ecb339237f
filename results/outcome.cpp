#include "results/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <map>

#include "results/fields.h"

namespace sgdbench {
namespace {

double or_never(std::optional<double> value) {
  return value.value_or(kNever);
}

bool is_trouble(const RowOutcome& outcome) {
  return outcome.counts && !outcome.healthy;
}

/// Whether it reached its target, and not at the start.
bool has_way_to_target(const RowOutcome& outcome) {
  return outcome.reached && outcome.epochs_to_target > 0;
}

/// "4 of 12 repeats diverged: the loss rose from 2.3 to 9" of those that `is_bad` holds for; "".
/// What diverges does so with other numbers each time, and one of them tells; those that were
/// interrupted share a reason or have none.
template <class IsBad>
std::string text_of_bad(std::span<const RunRecord* const> repeats, IsBad is_bad) {
  const auto first = std::find_if(repeats.begin(), repeats.end(), is_bad);
  if (first == repeats.end()) return "";
  const auto count = std::count_if(repeats.begin(), repeats.end(), is_bad);
  const bool all = static_cast<std::size_t>(count) == repeats.size();
  const auto tells = [&](const RunRecord* run) {
    return !is_bad(run) || run->status != "interrupted" || run->reason == (*first)->reason;
  };
  const bool told = std::all_of(repeats.begin(), repeats.end(), tells);
  const auto reason = told && !(*first)->reason.empty() ? ": " + (*first)->reason : "";
  return fmt::format("{}{}{}", all ? "" : fmt::format("{} of {} repeats ", count, repeats.size()),
                     (*first)->status, reason);
}

/// Of the repeats that did not come through, and of those that were not run to an end.
std::string trouble_text(std::span<const RunRecord* const> repeats) {
  const auto bad =
      text_of_bad(repeats, [](const RunRecord* run) { return is_trouble(outcome_of(*run)); });
  const auto uncounted =
      text_of_bad(repeats, [](const RunRecord* run) { return !outcome_of(*run).counts; });
  return bad + (bad.empty() || uncounted.empty() ? "" : "; ") + uncounted;
}

}  // namespace

RowOutcome outcome_of(const RunRecord& run) {
  RowOutcome outcome;
  const bool in_time = run.status == "ok";
  const bool met = run.time_to_target_s.has_value();
  outcome.counts = run.status != "unsupported" && run.status != "interrupted";
  outcome.healthy = in_time || (run.status == "timeout" && met);
  if (!outcome.healthy) return outcome;
  outcome.reached = met;
  if (met) {
    outcome.to_target_s = *run.time_to_target_s;
    outcome.to_target_low_s = run.time_to_target_low_s.value_or(outcome.to_target_s);
    outcome.to_target_high_s = run.time_to_target_high_s.value_or(outcome.to_target_s);
    outcome.epochs_to_target = or_never(run.epochs_to_target);
    if (run.updates_to_target)
      outcome.updates_to_target = static_cast<double>(*run.updates_to_target);
    outcome.already_there = run.epochs_to_target && *run.epochs_to_target == 0;
  }
  outcome.learnt = !(run.loss_initial && run.loss_final && *run.loss_final >= *run.loss_initial) ||
                   outcome.already_there;
  if (in_time) outcome.wall_s = or_never(run.wall_s);
  if (run.wall_s && run.epochs.value_or(0) > 0) outcome.whole_epoch_s = *run.wall_s / *run.epochs;
  outcome.epoch_s = has_way_to_target(outcome) ? outcome.to_target_s / outcome.epochs_to_target
                                               : outcome.whole_epoch_s;
  if (run.wall_s && run.examples_processed.value_or(0) > 0)
    outcome.gradient_s = *run.wall_s / static_cast<double>(*run.examples_processed);
  return outcome;
}

double time_of(const RunRecord& run) {
  const auto outcome = outcome_of(run);
  return names_target(run) ? outcome.to_target_s : outcome.wall_s;
}

std::optional<double> epoch_speedup(const RunRecord& run, const RunRecord& other) {
  const auto a = outcome_of(run), b = outcome_of(other);
  const bool to_target = has_way_to_target(a) && has_way_to_target(b);
  const double mine = to_target ? a.epoch_s : a.whole_epoch_s;
  const double theirs = to_target ? b.epoch_s : b.whole_epoch_s;
  if (!std::isfinite(mine) || !std::isfinite(theirs) || !(mine > 0)) return std::nullopt;
  return theirs / mine;
}

std::optional<double> Standing::median_time() const {
  if (times.values.empty()) return std::nullopt;
  const double middle = median(times.values);
  return std::isfinite(middle) ? std::optional(middle) : std::nullopt;
}

void Times::add(std::uint64_t repeat, double value, double low, double high) {
  repeats.push_back(repeat);
  values.push_back(value);
  lows.push_back(low);
  highs.push_back(high);
}

std::optional<ConfidenceInterval> Times::interval() const {
  return median_interval(lows, highs, kMedianConfidence);
}

std::string Standing::why_no_winner() const {
  if (!trouble.empty() || unlearnt == 0) return trouble;
  const auto some = fmt::format("in {} of {} repeats ", unlearnt, times.values.size());
  return fmt::format("{}the loss ended no lower than it began: it learnt nothing",
                     unlearnt == times.values.size() ? "" : some);
}

Standing standing_of(std::span<const RunRecord* const> repeats) {
  Standing standing;
  for (const auto* run : repeats) {
    const auto outcome = outcome_of(*run);
    const double time = time_of(*run);
    const bool to_target = names_target(*run);
    if (outcome.counts)
      standing.times.add(run->repeat, time, to_target ? outcome.to_target_low_s : time,
                         to_target ? outcome.to_target_high_s : time);
    standing.reached += outcome.reached;
    standing.already_there += outcome.already_there;
    standing.troubled += is_trouble(outcome);
    standing.unlearnt += !outcome.learnt;
  }
  standing.trouble = trouble_text(repeats);
  return standing;
}

namespace {

/// Whether two rows agree in all of the columns that `counts` holds for.
template <class Counts>
bool agree(const RunFields& columns, const RunRecord& a, const RunRecord& b, Counts counts) {
  return std::all_of(columns.begin(), columns.end(), [&](const RunField& column) {
    return !counts(column) || column.get(a) == column.get(b);
  });
}

/// Whether nothing but the number of workers tells two configurations of one goal apart. What the
/// program chose for each number of them is no difference.
bool same_strategy(const RunRecord& a, const RunRecord& b) {
  static const auto settings = columns_that_are(kSetting);
  return a.automatic == b.automatic && a.tuned == b.tuned && a.target == b.target &&
         agree(settings, a, b, [&](const RunField& column) {
           return column.name != "workers" && !chose(a, column.name);
         });
}

/// Nothing where either is missed.
std::optional<double> ratio(double a, double b) {
  if (!std::isfinite(a) || !std::isfinite(b) || !(b > 0)) return {};
  return a / b;
}

/// The one-worker configurations of one goal.
class Singles {
 public:
  Singles(std::span<const RunRecord> runs, const RunRecord& any) : any_(any) {
    for (const auto& run : runs)
      if (run.workers == 1 && outcome_of(run).counts && same_goal(run, any))
        repeats_[run.config_id][run.repeat] = &run;
    double least = kNever;
    for (const auto& [id, repeats] : repeats_)
      if (const double time = median_time(repeats); time < least) {
        least = time;
        best_ = id;
      }
  }

  bool serves(const RunRecord& row) const { return same_goal(any_, row); }
  const std::string& best() const { return best_; }
  /// The same strategy with one worker, or else the best; "" where no single worker came through.
  const std::string& own(const RunRecord& row) const {
    for (const auto& [id, repeats] : repeats_)
      if (same_strategy(*repeats.begin()->second, row)) return id;
    return best_;
  }
  const RunRecord* repeat(const std::string& config_id, std::uint64_t repeat) const {
    const auto found = repeats_.find(config_id);
    if (found == repeats_.end()) return nullptr;
    const auto run = found->second.find(repeat);
    return run == found->second.end() ? nullptr : run->second;
  }

 private:
  using Repeats = std::map<std::uint64_t, const RunRecord*>;
  static double median_time(const Repeats& repeats) {
    std::vector<double> times;
    for (const auto& [repeat, run] : repeats)
      times.push_back(names_target(*run) ? time_of(*run) : outcome_of(*run).epoch_s);
    return median(times);
  }

  const RunRecord& any_;
  std::map<std::string, Repeats> repeats_;
  std::string best_;
};

const Singles& singles_for(std::list<Singles>& all, std::span<const RunRecord> runs,
                           const RunRecord& row) {
  for (const auto& singles : all)
    if (singles.serves(row)) return singles;
  return all.emplace_back(runs, row);
}

void compare(RunRecord& row, const RunRecord& one) {
  const auto several = outcome_of(row), single = outcome_of(one);
  row.speedup_baseline = one.config_id;
  row.hardware_efficiency = epoch_speedup(row, one);
  if (!names_target(row)) return;
  row.speedup_to_target = ratio(single.to_target_s, several.to_target_s);
  row.statistical_efficiency = ratio(single.epochs_to_target, several.epochs_to_target);
}

}  // namespace

bool same_goal(const RunRecord& a, const RunRecord& b) {
  static const auto columns = columns_that_are(kOfProblem);
  return agree(columns, a, b, [](const RunField&) { return true; });
}

void add_speedups(std::span<RunRecord> runs) {
  std::list<Singles> goals;
  for (auto& row : runs) {
    if (row.workers < 2 || !outcome_of(row).healthy) continue;
    const auto& singles = singles_for(goals, runs, row);
    if (const auto* one = singles.repeat(singles.own(row), row.repeat)) compare(row, *one);
    if (const auto* one = singles.repeat(singles.best(), row.repeat); one && names_target(row))
      row.speedup_over_best_single = ratio(time_of(*one), time_of(row));
  }
}

}  // namespace sgdbench
