#include "results/tuning.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "results/csv_rows.h"
#include "results/statistics.h"

namespace sgdbench {
namespace {

/// The score in place of which the trial had none.
double score_of(const TuningTrial& trial) {
  return trial.score.value_or(std::numeric_limits<double>::infinity());
}

/// All but the step: what an epoch's time depends on.
auto all_but_step(const TuningTrial& trial) {
  return std::tuple(trial.batch, trial.momentum, trial.exchange);
}

/// Times of an epoch with everything but the step as it is in `like`.
double median_epoch_s(std::span<const TuningTrial> trials, const TuningTrial& like) {
  std::vector<double> times;
  for (const auto& trial : trials)
    if (all_but_step(trial) == all_but_step(like) && trial.epochs > 0)
      times.push_back(trial.time_s / trial.epochs);
  return times.empty() ? std::numeric_limits<double>::infinity() : median(times);
}

/// From the best to the worst.
int rank_of(const TuningTrial& trial) {
  return trial.status == "diverged" ? 2 : trial.status == "missed" ? 1 : 0;
}

}  // namespace

std::string tuning_csv(std::span<const TuningTrial> trials) {
  std::string out = csv_header(tuning_fields());
  for (const auto& trial : trials) append_csv_row(out, tuning_fields(), trial);
  return out;
}

std::vector<TriedSetting> tried_settings(std::span<const TuningTrial> trials, bool timed) {
  std::vector<TriedSetting> settings;
  std::vector<std::vector<const TuningTrial*>> last;  // of each, the trials of its last stage
  for (const auto& trial : trials) {
    std::size_t i = 0;
    while (i < settings.size() && (settings[i].first->lr != trial.lr ||
                                   all_but_step(*settings[i].first) != all_but_step(trial)))
      ++i;
    if (i == settings.size()) settings.push_back({&trial, 0, "", {}}), last.emplace_back();
    ++settings[i].trials;
    if (trial.stage != settings[i].first->stage) last[i].clear();
    if (last[i].empty()) settings[i].first = &trial;
    last[i].push_back(&trial);
  }
  for (std::size_t i = 0; i < settings.size(); ++i) {
    auto& some = last[i];
    // An epoch's own time is in a trial's score.
    const auto value = [&](const TuningTrial& trial) {
      if (!timed || !(trial.epochs > 0 && trial.time_s > 0)) return score_of(trial);
      return score_of(trial) * trial.epochs / trial.time_s * median_epoch_s(trials, trial);
    };
    std::stable_sort(some.begin(), some.end(), [&](const auto* a, const auto* b) {
      return std::pair(rank_of(*a), value(*a)) < std::pair(rank_of(*b), value(*b));
    });
    const auto& middle = *some[some.size() / 2];
    settings[i].status = rank_of(*some.back()) == 2 ? some.back()->status : middle.status;
    if (settings[i].status != "diverged" && value(middle) < std::numeric_limits<double>::infinity())
      settings[i].score = value(middle);
  }
  return settings;
}

}  // namespace sgdbench
