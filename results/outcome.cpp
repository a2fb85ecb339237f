#include "results/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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

void Times::add(double value, double low, double high) {
  values.push_back(value);
  lows.push_back(low);
  highs.push_back(high);
}

std::optional<ConfidenceInterval> Times::interval(double confidence) const {
  return median_interval(lows, highs, confidence);
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
      standing.times.add(time, to_target ? outcome.to_target_low_s : time,
                         to_target ? outcome.to_target_high_s : time);
    standing.reached += outcome.reached;
    standing.already_there += outcome.already_there;
    standing.troubled += is_trouble(outcome);
    standing.unlearnt += !outcome.learnt;
  }
  standing.trouble = trouble_text(repeats);
  return standing;
}

}  // namespace sgdbench
