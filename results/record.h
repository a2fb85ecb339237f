// What a report says of one run: plain values, filled in by the program that ran it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sgdbench {

/// One row of curve.csv. Times exclude every evaluation.
struct CurvePoint {
  double time_s = 0;
  double epoch = 0;
  std::uint64_t updates = 0;
  std::uint64_t examples_processed = 0;
  std::optional<double> loss;           ///< empty where not finite
  std::optional<double> suboptimality;  ///< loss − optimum, where the optimum is known
  std::optional<double> test_loss;
  std::optional<double> test_accuracy;
};

/// One row of staleness.csv.
struct StalenessCount {
  std::size_t worker = 0;
  std::uint64_t staleness = 0;
  std::uint64_t count = 0;
};

/// One row of workers.csv: what one worker of a run did. Its five times sum to wall_s.
struct WorkerRecord {
  std::size_t worker = 0;
  double compute_s = 0, wait_s = 0, communicate_s = 0, observe_s = 0;
  std::uint64_t updates = 0;                             ///< that it completed
  std::uint64_t computed = 0, applied = 0, dropped = 0;  ///< example gradients
  std::optional<std::uint64_t> local_steps;              ///< on its replica, where it has one
  double queue_s = 0;
  std::optional<std::uint64_t> bytes_sent = {}, bytes_received = {};  ///< where it is a process
};

/// One repeat of one configuration: a row of runs.csv with its curve and histogram. An empty
/// optional or string is an empty cell; numbers are always finite.
/// One trial of the search for a configuration's best settings: a row of tuning.csv.
struct TuningTrial {
  std::string config_id;
  std::string strategy;  ///< for people: backend, protocol and workers
  std::uint64_t trial = 0;
  std::uint64_t stage = 0;
  std::uint64_t batch = 0;
  double lr = 0;
  std::optional<double> lr_auto;  ///< about the middle of the steps tried here; nothing where given
  double momentum = 0;
  std::optional<std::uint64_t> exchange;
  std::uint64_t seed = 0;
  double epochs = 0, time_s = 0;
  std::optional<double> loss;   ///< at its end; nothing where not finite
  std::optional<double> score;  ///< nothing where it diverged
  std::string status;           ///< reached, predicted, missed, ended, diverged
};

struct RunRecord {
  std::string run_id, config_id;
  std::uint64_t repeat = 0;  ///< from 0
  std::uint64_t order = 0;   ///< when it ran among all runs of this invocation, from 0
  std::string status;        ///< ok, diverged, timeout, interrupted, failed, unsupported
  std::string reason;

  std::string workload, data;
  std::uint64_t examples = 0, features = 0;
  std::string backend, protocol, write;
  std::uint64_t workers = 0;
  std::string rule, kernels;
  std::uint64_t batch = 0;
  double lr = 0;
  std::string lr_schedule;
  double l2 = 0;
  std::uint64_t seed = 0;

  std::optional<double> epochs;  ///< examples_processed / examples
  std::optional<std::uint64_t> updates, local_steps, examples_processed, gradient_evaluations;
  std::optional<double> wall_s;
  /// Mean over the workers, so that the five sum to wall_s.
  std::optional<double> full_gradient_s;
  std::optional<double> compute_s, wait_s, communicate_s, queue_s, observe_s;
  std::optional<double> evaluate_s, load_s;
  std::optional<double> updates_per_s, examples_per_s;
  std::optional<double> loss_initial, loss_final, loss_optimum, accuracy_final;
  std::optional<double> target_loss, time_to_target_s, epochs_to_target;
  std::optional<std::uint64_t> updates_to_target;
  std::optional<double> staleness_mean;
  std::optional<std::uint64_t> staleness_p50, staleness_p95, staleness_max;
  std::string staleness_mode;  ///< exact, sampled, bound
  std::optional<double> lost_updates;
  std::optional<double> parallel_capacity, line_transfer_ns;
  /// Of fixed pieces of work, before and after the run: what the machine was like beside it.
  std::optional<double> pace_compute_ns, pace_read_ns;
  std::optional<std::uint64_t> peak_rss_bytes, memory_bytes;
  std::string clock;  ///< real, virtual
  bool deterministic = false;

  // Beyond the columns that every reader may count on.
  double momentum = 0;
  std::optional<std::uint64_t> examples_per_update;
  std::string automatic;  ///< what the program chose: some of "batch lr lr_schedule"
  std::string tuned;      ///< what was searched for: "batch", "lr", "momentum", "exchange"
  std::optional<std::uint64_t> tuning_trials;
  std::optional<double> tuning_s;
  /// Steps whose score was within a tenth of the best, and within twice it.
  std::optional<double> lr_tuned_low, lr_tuned_high, lr_twice_low, lr_twice_high;
  std::optional<std::uint64_t> persistence;
  std::optional<std::uint64_t> exchange;
  std::optional<std::uint64_t>
      threads;  ///< threads that used over 5 % of a core while training was timed
  std::optional<std::uint64_t> dropped_gradients;  ///< computed and thrown away
  std::optional<std::uint64_t> staleness_samples;  ///< updates in the histogram
  std::optional<double> loss_test, target_accuracy;
  std::string target;          ///< percentages above the optimum that were asked for: "10%,1%"
  std::string target_measure;  ///< relative, suboptimality, loss, accuracy
  std::optional<bool> reached, stopped_at_target;
  /// The points of the curve before and after time_to_target_s.
  std::optional<double> time_to_target_low_s, time_to_target_high_s;
  std::optional<double> loss_start;   ///< f(x₀) without a run: what suboptimality is measured by
  std::optional<double> optimum_gap;  ///< loss_optimum lies at most this far above f*
  std::optional<double> speedup_to_target, hardware_efficiency, statistical_efficiency;
  std::string speedup_baseline;  ///< configuration that the speedup is over
  std::optional<double> speedup_over_best_single;
  std::optional<std::uint64_t> data_checksum, test_checksum;
  std::optional<bool> pinned;
  // The machine and the build, as environment.h has them.
  std::string host, cpu_model;
  std::uint64_t cores_available = 0;
  std::string compiler, build, instruction_set, git_revision;
  std::string command;  ///< repeats this configuration
  // What the run was exposed to, as written; empty where it was not.
  std::string compute_delay, straggler, latency;
  std::optional<double> bandwidth;  ///< bytes per second
  std::string delay_mode;
  std::optional<double> wait_share;  ///< of wall_s
  // Of messages that are delayed.
  std::optional<std::uint64_t> messages;
  std::optional<double> pull_bytes, push_bytes;  ///< of a message in the mean
  std::optional<double> link_busy_share;         ///< of wall_s
  // Of workers that are processes.
  std::optional<std::uint64_t> ranks, hosts;
  std::optional<std::uint64_t> bytes_sent, bytes_received;  ///< of all workers
  std::optional<double> version_spread;

  /// What options were set to where no member says it, as texts by the names of their columns; one
  /// that means nothing for this run is not in it.
  std::map<std::string, std::string, std::less<>> settings;

  // Of runs on a virtual clock.
  std::string compute_time, cluster, service;
  std::optional<std::uint64_t> events;
  std::optional<double> events_per_s, simulate_s;
  std::optional<double> utilisation;  ///< compute_s / wall_s

  std::vector<CurvePoint> curve;
  std::vector<StalenessCount> staleness;
  std::vector<WorkerRecord> per_worker;
  std::vector<TuningTrial> trials;  ///< of the search that came before it; in journals alone
};

/// Whether the program chose the option of this name ("batch", "lr", "lr_schedule"), by rule or by
/// search.
inline bool chose(const RunRecord& run, std::string_view name) {
  return (' ' + run.automatic + ' ' + run.tuned + ' ').find(' ' + std::string(name) + ' ') !=
         std::string::npos;
}

/// Whether the report says what the run was to reach.
inline bool names_target(const RunRecord& run) {
  return run.target_loss || run.target_accuracy || run.reached;
}

/// In one file. A record takes some hundred times the memory of the few bytes that can stand for
/// it.
inline constexpr std::size_t kMostRuns = 200'000;

}  // namespace sgdbench
