// The trials of a search as a table: what was best, what lies beside it, what failed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "cli/terminal.h"
#include "cli/tuning/search.h"
#include "cli/tuning/tuner.h"
#include "results/labels.h"
#include "results/statistics.h"
#include "results/targets.h"
#include "results/text.h"

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

constexpr std::size_t kMostSteps = 8;  ///< of steps, in one table

std::string step_text(double step) {
  return fmt::format("{:.3g}", step);
}

/// "÷2", "auto", "×4", for people; nothing where the step is no multiple of an automatic one.
std::string multiple_text(double multiple) {
  if (std::abs(multiple - 1) < 1e-9) return "auto";
  return multiple > 1 ? fmt::format("×{:.3g}", multiple) : fmt::format("÷{:.3g}", 1 / multiple);
}

/// In which column a trial stands: its step as a multiple of the automatic one, rounded to what
/// tells two steps apart; 0 where the step is given.
double column_of(const TuningTrial& trial) {
  if (!trial.lr_auto) return 0;
  return std::exp2(std::round(64 * std::log2(trial.lr / *trial.lr_auto)) / 64);
}

/// One line of the table: all settings with everything but the step the same, least first.
struct TableLine {
  std::uint64_t batch = 0;
  double momentum = 0;
  std::uint64_t exchange = 0;
  auto operator<=>(const TableLine&) const = default;
};
TableLine line_of(const TuningTrial& trial) {
  return {trial.batch, trial.momentum, trial.exchange.value_or(0)};
}

/// One configuration's settings.
struct OwnTrials {
  bool timed;
  const RunRecord& row;
  std::vector<TriedSetting> settings;

  bool has_best() const { return row.status == "ok"; }
  bool is_best(const TriedSetting& setting) const {
    const auto& one = *setting.first;
    return has_best() && one.lr == row.lr && one.batch == row.batch &&
           one.momentum == row.momentum && one.exchange == row.exchange;
  }
};

std::string score_text(const OwnTrials& trials, const TriedSetting& setting) {
  if (setting.status == "diverged" || setting.status == "missed") return setting.status;
  const bool foreseen = trials.timed && setting.status == "predicted";
  if (!setting.score) return foreseen ? "≥ ∞" : "missed";
  return (foreseen ? "≥ " : "") +
         (trials.timed ? human_seconds(*setting.score) : fmt::format("{:.4g}", *setting.score));
}

/// Values of short trials with one seed stand in parentheses: they are not to be compared with the
/// others.
std::string cell_text(const OwnTrials& trials, const TriedSetting& setting) {
  const auto text = score_text(trials, setting);
  if (trials.is_best(setting)) return '*' + text;
  return setting.first->stage < kLastStage ? fmt::format("({})", text) : text;
}

std::string table_of(const OwnTrials& trials) {
  std::set<double> multiples, momenta;
  std::map<TableLine, std::map<double, const TriedSetting*>> lines;
  std::set<std::uint64_t> exchanges;
  for (const auto& setting : trials.settings) {
    const auto line = line_of(*setting.first);
    momenta.insert(line.momentum);
    exchanges.insert(line.exchange);
    multiples.insert(column_of(*setting.first));
    lines[line][column_of(*setting.first)] = &setting;
  }
  const std::vector<double> all(multiples.begin(), multiples.end());
  std::string text;
  for (std::size_t first = 0; first < all.size(); first += kMostSteps) {
    const std::span some(all.begin() + static_cast<std::ptrdiff_t>(first),
                         std::min(kMostSteps, all.size() - first));
    std::vector<std::string> header{"batch"};
    if (exchanges.size() > 1) header.emplace_back("exchange");
    if (momenta.size() > 1) header.emplace_back("momentum");
    header.emplace_back(some.front() == 0 ? "step" : "auto step");
    for (const double multiple : some)
      header.push_back(multiple == 0 ? "" : multiple_text(multiple));
    TextTable table(header);
    for (const auto& [line, settings] : lines) {
      const auto& any = *settings.begin()->second->first;
      std::vector<std::string> cells{std::to_string(line.batch)};
      if (exchanges.size() > 1) cells.push_back(std::to_string(line.exchange));
      if (momenta.size() > 1) cells.push_back(fmt::format("{:.4g}", line.momentum));
      cells.push_back(step_text(any.lr_auto.value_or(any.lr)));
      for (const double multiple : some) {
        const auto found = settings.find(multiple);
        cells.push_back(found == settings.end() ? "" : cell_text(trials, *found->second));
      }
      table.add(std::move(cells));
    }
    text += table.text();
  }
  return text;
}

/// "batch 256, step 407": what was searched for.
std::string settings_text(const RunRecord& row) {
  std::string text = fmt::format("batch {}, step {}", row.batch, step_text(row.lr));
  if (row.tuned.find("exchange") != std::string::npos && row.exchange)
    text += fmt::format(", exchange {}", *row.exchange);
  if (row.tuned.find("momentum") != std::string::npos)
    text += fmt::format(", momentum {:.4g}", row.momentum);
  return text;
}

std::string range_text(std::string_view what, std::optional<double> low,
                       std::optional<double> high) {
  if (!low || !high) return "";
  return *low == *high
             ? fmt::format("; {} at no other step tried", what)
             : fmt::format("; {} from step {} to {}", what, step_text(*low), step_text(*high));
}

std::string sentence_of(const OwnTrials& trials) {
  const auto& row = trials.row;
  if (!trials.has_best()) return fmt::format("{}: {}", row.status, row.reason);
  if (!row.reason.empty()) return fmt::format("{}: {}", settings_text(row), row.reason);
  const auto best =
      std::find_if(trials.settings.begin(), trials.settings.end(),
                   [&](const TriedSetting& setting) { return trials.is_best(setting); });
  const auto value = best == trials.settings.end() ? std::string() : score_text(trials, *best);
  return fmt::format("best: {}: {}{}{}{}; {}", settings_text(row), trials.timed ? "" : "a loss of ",
                     value, range_text("within 10 %", row.lr_tuned_low, row.lr_tuned_high),
                     range_text("within a factor of 2", row.lr_twice_low, row.lr_twice_high),
                     fmt::format("{} trials in {}", row.tuning_trials.value_or(0),
                                 human_seconds(row.tuning_s.value_or(0))));
}

std::string scored_by(const RunRecord& row) {
  const auto target = target_text(row);
  return target.empty() ? "loss at the end" : "time to " + target;
}

}  // namespace

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

std::string trials_table(std::span<const RunRecord> rows, std::span<const TuningTrial> all) {
  std::string text;
  bool timed = false, untimed = false;
  std::vector<const RunRecord*> described;
  for (const auto& row : rows) described.push_back(&row);
  const auto varying = without(varying_columns(described), {"batch", "lr", "momentum"});
  for (const auto& row : rows) {
    std::vector<TuningTrial> own;
    std::copy_if(all.begin(), all.end(), std::back_inserter(own),
                 [&](const TuningTrial& trial) { return trial.config_id == row.config_id; });
    const bool has_target = names_target(row);
    const OwnTrials trials{has_target, row, tried_settings(own, has_target)};
    const auto differences = column_text(row, varying);
    text += fmt::format("{}{}{}: {}\n", label(row), differences.empty() ? "" : ", ", differences,
                        scored_by(row));
    if (!own.empty()) {
      text += table_of(trials);
      (has_target ? timed : untimed) = true;
    }
    text += wrap(sentence_of(trials), 0) + "\n\n";
  }
  if (timed || untimed)
    text +=
        "* best: of steps about as good as the least value, the smallest\n"
        "(…) of early trials, shorter and with one seed: not to be compared with the others\n";
  if (timed)
    text += "≥ foreseen by trials that were short or given up; missed: not in all of a run\n";
  return printable_lines(text);
}

}  // namespace sgdbench
