#include "results/speedup.h"

#include <cmath>
#include <list>
#include <map>
#include <tuple>

#include "results/outcome.h"

namespace sgdbench {
namespace {

auto goal_of(const RunRecord& r) {
  return std::tie(r.workload, r.data, r.data_checksum, r.l2, r.intercept, r.hidden, r.activation,
                  r.target_loss, r.target_accuracy, r.clock, r.compute_delay, r.straggler,
                  r.compute_time, r.service);
}

/// What is left of a configuration without the number of its workers. What the program chose for
/// each number of them is no part of it.
auto strategy_of(const RunRecord& r) {
  static constexpr std::uint64_t kAnyBatch = 0;
  static constexpr double kAnyStep = 0;
  static constexpr double kAnyMomentum = 0;
  static constexpr std::optional<std::uint64_t> kAnyExchange;
  return std::tie(r.backend, r.protocol, r.write, r.rule,
                  chose(r, "momentum") ? kAnyMomentum : r.momentum, r.kernels,
                  chose(r, "batch") ? kAnyBatch : r.batch, chose(r, "lr") ? kAnyStep : r.lr,
                  r.automatic, r.lr_schedule, r.staleness_policy, r.shuffle, r.assign,
                  r.persistence, chose(r, "exchange") ? kAnyExchange : r.exchange, r.tuned,
                  r.recording, r.target, r.compute_delay, r.straggler, r.latency, r.bandwidth,
                  r.delay_mode, r.compute_time, r.cluster, r.service, r.shards, r.all_reduce);
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
      if (strategy_of(*repeats.begin()->second) == strategy_of(row)) return id;
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
  return goal_of(a) == goal_of(b);
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
