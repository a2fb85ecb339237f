// Seeded pairs of reports whose difference is known: what the gate's honesty tests and the
// reference of its operating characteristics compare.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "results/comparison/comparison.h"
#include "tests/statistics_samples.h"

namespace sgdbench {

/// How two reports of twenty configurations, half of them with one worker and half with two, come
/// about. Shares are standard deviations of logarithms.
struct Scenario {
  std::string_view name;
  enum class Noise { log_normal, heavy, autocorrelated } noise = Noise::log_normal;
  double slowdown = 0;                ///< 0.1: NEW takes 10 % longer
  std::size_t slow = 20;              ///< configurations
  bool slow_has_two_workers = false;  ///< where one is slow
  bool probes = false;  ///< pieces of work are timed beside the runs, at 2, 2 and 15 %
  double drift = 0;     ///< of the machine, from report to report
  bool drift_is_seen = true;
  bool paired = false;
  double shared = 0;  ///< of the repeat, by all configurations (a neighbour's minute)
  /// The minutes, too, are 60 % what the one before was.
  bool minutes_last = false;
  std::size_t configurations = 20;
  double others = 1;      ///< factor of those that are not among the slow
  double base_noise = 1;  ///< of BASE's times, as a factor of NEW's
};

/// Both reports of a scenario. Every row came through.
struct ReportPair {
  std::vector<RunRecord> base, now;
};

inline void share_neighbours(std::vector<double>& values) {
  for (std::size_t i = 1; i < values.size(); ++i) values[i] = 0.6 * values[i - 1] + 0.8 * values[i];
}

inline std::vector<double> noise_of(const Scenario& scenario, Samples& samples, std::size_t n) {
  std::vector<double> values(n);
  for (double& value : values) value = 0.03 * samples.normal();
  if (scenario.noise == Scenario::Noise::heavy)
    for (double& value : values)
      if (samples.uniform() < 1.0 / 7) value -= 0.3 * std::log(samples.uniform());
  if (scenario.noise == Scenario::Noise::autocorrelated) share_neighbours(values);
  return values;
}

inline ReportPair reports_of(const Scenario& scenario, Samples& samples, std::size_t repeats) {
  ReportPair reports;
  const double machine[] = {scenario.drift * samples.normal(), scenario.drift * samples.normal()};
  std::vector<double> minutes[2];
  for (auto& side : minutes)
    for (std::size_t i = 0; i < repeats; ++i) side.push_back(scenario.shared * samples.normal());
  if (scenario.minutes_last)
    for (auto& side : minutes) share_neighbours(side);
  if (scenario.paired) minutes[1] = minutes[0];
  for (std::size_t c = 0; c < scenario.configurations; ++c)
    for (const int side : {0, 1}) {
      const std::size_t workers = 1 + (c + scenario.slow_has_two_workers) % 2;
      const auto noise = noise_of(scenario, samples, repeats);
      for (std::size_t i = 0; i < repeats; ++i) {
        RunRecord run;
        run.config_id = std::to_string(c);
        run.run_id = run.config_id;
        run.repeat = i;
        run.status = "ok";
        run.clock = "real";
        run.workers = workers;
        double time =
            (side == 0 ? scenario.base_noise : 1) * noise[i] + minutes[side][i] + machine[side];
        if (side == 1)
          time += c < scenario.slow ? std::log1p(scenario.slowdown) : std::log(scenario.others);
        run.wall_s = std::exp(time);
        if (scenario.probes) {
          const double seen = (scenario.drift_is_seen ? machine[side] : 0) + minutes[side][i];
          run.pace_compute_ns = 100 * std::exp(seen + 0.02 * samples.normal());
          run.pace_read_ns = 1000 * std::exp(seen + 0.02 * samples.normal());
          if (workers > 1) run.line_transfer_ns = 80 * std::exp(0.15 * samples.normal());
        }
        (side == 0 ? reports.base : reports.now).push_back(std::move(run));
      }
    }
  return reports;
}

struct Counts {
  int regression = 0;  ///< comparisons that call any of the slow one, or the mean of all
  int fine = 0;        ///< comparisons that call any of the slowed fine
  int trials = 0;
  int with_intervals = 0;  ///< comparisons of which intervals were computed
  int intervals = 0;       ///< that were shown
  int held = 0;            ///< of these, those that hold the true factor
  int all_held = 0;        ///< comparisons in which all of them do
};

inline Counts count(const Scenario& scenario, std::size_t repeats, int trials, std::uint64_t seed,
                    std::size_t deals, int with_intervals) {
  Samples samples(seed);
  Counts counts;
  counts.trials = trials;
  counts.with_intervals = std::min(trials, with_intervals);
  ComparisonOptions options;
  options.paired = scenario.paired;
  options.deals = deals;
  for (int i = 0; i < trials; ++i) {
    const auto reports = reports_of(scenario, samples, repeats);
    options.intervals = i < with_intervals;
    const auto comparison = compare(reports.base, reports.now, options);
    bool fine = false, worse = false, all_hold = true;
    for (const auto& finding : comparison.findings) {
      const bool slower = std::stoul(finding.base->config_id) < scenario.slow;
      fine = fine || (finding.verdict == Verdict::fine && slower);
      // What others became is no false alarm.
      worse = worse || (finding.verdict == Verdict::regression && (slower || scenario.others <= 1));
      if (!finding.change_interval) continue;
      const double factor = slower ? 1 + scenario.slowdown : scenario.others;
      const bool holds = finding.change_interval->low <= factor * (1 + 1e-12) &&
                         factor <= finding.change_interval->high * (1 + 1e-12);
      ++counts.intervals;
      counts.held += holds;
      all_hold = all_hold && holds;
    }
    for (const auto& mean : comparison.means)
      worse = worse || (mean.verdict == Verdict::regression && scenario.others <= 1);
    counts.regression += worse;
    counts.fine += fine;
    counts.all_held += options.intervals && all_hold;
  }
  return counts;
}

}  // namespace sgdbench
