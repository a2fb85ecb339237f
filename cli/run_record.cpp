#include "cli/run_record.h"

#include <fmt/format.h>

#include <cmath>

#include "backends/mpi/job.h"
#include "cli/configuration.h"
#include "cli/options.h"
#include "results/fields.h"
#include "results/targets.h"

namespace sgdbench {
namespace {

constexpr std::size_t kMostWorkerRows = 4096;

std::optional<double> finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

void describe_strategy(RunRecord& row, const Setup& c) {
  const RunSpec& spec = c.spec;
  row.backend = spec.backend;
  if (c.backend->uses_protocol) row.protocol = spec.protocol;
  if (c.backend->uses_write) row.write = spec.write;
  if (c.backend->uses_persistence) row.persistence = spec.persistence;
  if (c.backend->uses_exchange) row.exchange = spec.exchange;
  row.workers = spec.workers;
  if (c.backend->processes != nullptr && processes_for(*c.backend, spec) > 1) {
    row.ranks = processes_for(*c.backend, spec);
    row.hosts = place_in_job().hosts;
  }
  row.kernels = c.backend->own_kernels.empty() ? spec.kernels : std::string(c.backend->own_kernels);
  row.deterministic = c.backend->deterministic(spec);
}

void describe_conditions(RunRecord& row, const Setup& c) {
  const Conditions& conditions = c.spec.conditions;
  if (!conditions.compute_delay.is_zero()) row.compute_delay = conditions.compute_delay.text();
  row.straggler = conditions.straggler_text;
  if (!conditions.latency.is_zero()) row.latency = conditions.latency.text();
  if (conditions.bandwidth > 0) row.bandwidth = conditions.bandwidth;
  if (conditions.any() && !c.backend->virtual_clock)
    row.delay_mode = find_option(kRun, "--delay-mode").show(c.configuration);
}

void describe_simulation(RunRecord& row, const Setup& c) {
  if (!c.backend->virtual_clock) return;
  const Simulation& simulation = c.spec.simulation;
  row.cluster = simulation.cluster_text;
  if (simulation.cluster.empty()) row.compute_time = simulation.compute_time.text();
  if (!simulation.service.is_zero()) row.service = simulation.service.text();
}

void describe_step(RunRecord& row, const Setup& c, const DataFacts& facts) {
  const RunSpec& spec = c.spec;
  row.rule = spec.rule.name;
  row.momentum = static_cast<double>(spec.rule.momentum);
  row.batch = spec.batch;
  row.lr = spec.step.initial;
  if (facts.examples > 0)
    row.examples_per_update = examples_per_update(*c.backend, spec, facts.examples);
  if (c.settled || !c.configuration.automatic_schedule)
    row.lr_schedule = to_string(spec.step.schedule, spec.step.rate);
  const auto add = [](std::string& names, std::string_view name, bool wanted) {
    if (wanted) (names += names.empty() ? "" : " ") += name;
  };
  for (const auto& [what, column] : kTunables)
    add(row.tuned, column, (c.configuration.tuned & what) != 0);
  add(row.automatic, "batch", !c.configuration.batch && (c.configuration.tuned & kTuneBatch) == 0);
  add(row.automatic, "lr", !c.configuration.lr && (c.configuration.tuned & kTuneStep) == 0);
  add(row.automatic, "lr_schedule", c.configuration.automatic_schedule);
  if (!c.tuned) return;
  row.tuning_trials = c.tuned->trials;
  row.tuning_s = c.tuned->seconds;
  if (const auto& range = c.tuned->within_tenth)
    row.lr_tuned_low = range->low, row.lr_tuned_high = range->high;
  if (const auto& range = c.tuned->within_twice)
    row.lr_twice_low = range->low, row.lr_twice_high = range->high;
}

void describe_problem(RunRecord& row, const Configuration& configuration, const DataFacts& facts) {
  row.workload = configuration.workload.workload;
  row.data = configuration.data.source;
  row.examples = facts.examples;
  row.features = facts.features;
  row.l2 = facts.l2;
  row.load_s = facts.load_s;
  if (facts.examples > 0) row.data_checksum = facts.checksum;
  row.test_checksum = facts.test_checksum;
}

/// The columns of which only their options know what they are.
void describe_settings(RunRecord& row, const Configuration& configuration) {
  static const auto columns = [] {
    std::vector<std::pair<std::string, const Option*>> all;
    for (const auto& column : columns_that_are(kAsText))
      all.emplace_back(column.name, &option_of(column.name));
    return all;
  }();
  for (const auto& [column, option] : columns)
    if (applies(*option, configuration)) row.settings.emplace(column, option->show(configuration));
}

std::string measure_text(const RunRecord& row) {
  if (row.target_loss && row.loss_optimum)
    return std::string(to_string(measure_for(*row.loss_optimum, *row.loss_start)));
  return row.target_loss ? "loss" : row.target_accuracy ? "accuracy" : "";
}

void describe_target(RunRecord& row, const Configuration& configuration, const DataFacts& facts) {
  row.target_loss = configuration.target_loss;
  row.target_accuracy = configuration.target_accuracy;
  row.target = find_option(kRun, "--target").show(configuration);
  if (facts.optimum) {
    row.loss_optimum = facts.optimum->value;
    row.loss_start = facts.optimum->start;
    row.optimum_gap = facts.optimum->gap;
    if (!configuration.targets.empty())
      row.target_loss =
          target_loss(configuration.targets.back(), *row.loss_optimum, *row.loss_start);
  }
  row.target_measure = measure_text(row);
}

/// The mean worker's time, so that the phases sum to the wall time.
void add_phases(RunRecord& row, const RunOutcome& outcome) {
  const auto mean = [&](Phase phase) {
    double sum = 0;
    for (const auto& worker : outcome.workers) sum += seconds(worker.time.spent(phase));
    return sum / static_cast<double>(outcome.workers.size());
  };
  if (outcome.workers.empty()) return;
  row.compute_s = mean(Phase::compute);
  row.wait_s = mean(Phase::wait);
  row.communicate_s = mean(Phase::communicate);
  row.queue_s = mean(Phase::queue);
  row.observe_s = mean(Phase::observe);
  if (outcome.wall <= 0) return;
  row.wait_share = *row.wait_s / *row.wall_s;
  row.utilisation = *row.compute_s / *row.wall_s;
}

void add_messages(RunRecord& row, const RunOutcome& outcome) {
  row.version_spread = outcome.version_spread;
  for (const auto& worker : outcome.workers) {
    if (worker.bytes_sent + worker.bytes_received == 0) continue;
    row.bytes_sent = row.bytes_sent.value_or(0) + worker.bytes_sent;
    row.bytes_received = row.bytes_received.value_or(0) + worker.bytes_received;
  }
  if (outcome.link_busy && outcome.wall > 0)
    row.link_busy_share = seconds(*outcome.link_busy) / *row.wall_s;
  if (!outcome.traffic) return;
  const Traffic& traffic = *outcome.traffic;
  row.messages = traffic.pulls + traffic.pushes;
  if (traffic.pulls > 0) row.pull_bytes = traffic.pull_bytes / static_cast<double>(traffic.pulls);
  if (traffic.pushes > 0) row.push_bytes = traffic.push_bytes / static_cast<double>(traffic.pushes);
}

void add_simulation(RunRecord& row, const RunOutcome& outcome) {
  if (outcome.simulating == 0) return;
  row.events = outcome.events;
  row.simulate_s = seconds(outcome.simulating);
  row.events_per_s = static_cast<double>(outcome.events) / *row.simulate_s;
}

void add_workers(RunRecord& row, const RunOutcome& outcome) {
  if (outcome.workers.size() > kMostWorkerRows) return;
  for (std::size_t w = 0; w < outcome.workers.size(); ++w) {
    const auto& worker = outcome.workers[w];
    const auto spent = [&](Phase phase) { return seconds(worker.time.spent(phase)); };
    const auto told = [](std::uint64_t bytes) {
      return bytes == 0 ? std::nullopt : std::optional(bytes);
    };
    row.per_worker.push_back({w, spent(Phase::compute), spent(Phase::wait),
                              spent(Phase::communicate), spent(Phase::observe), worker.updates,
                              worker.computed, worker.applied, worker.dropped, worker.local_steps,
                              spent(Phase::queue), told(worker.bytes_sent),
                              told(worker.bytes_received)});
  }
}

void add_counts(RunRecord& row, const RunOutcome& outcome) {
  std::uint64_t applied = 0, computed = 0, dropped = 0;
  const auto workers = static_cast<double>(outcome.workers.size());
  for (const auto& worker : outcome.workers) {
    applied += worker.applied;
    computed += worker.computed * outcome.evaluations + worker.full_gradient_examples;
    if (worker.full_gradient != 0)
      row.full_gradient_s =
          row.full_gradient_s.value_or(0) + seconds(worker.full_gradient) / workers;
    dropped += worker.dropped;
    if (worker.local_steps) row.local_steps = row.local_steps.value_or(0) + *worker.local_steps;
  }
  row.updates = outcome.updates;
  row.examples_processed = applied;
  row.gradient_evaluations = computed;
  row.dropped_gradients = dropped;
  row.lost_updates = outcome.lost_updates;
  row.threads = outcome.threads;
  if (outcome.simulating == 0) row.pinned = outcome.pinned;
  if (row.examples > 0)
    row.epochs = static_cast<double>(applied) / static_cast<double>(row.examples);
  if (outcome.wall > 0) {
    row.updates_per_s = static_cast<double>(outcome.updates) / seconds(outcome.wall);
    row.examples_per_s = static_cast<double>(applied) / seconds(outcome.wall);
  }
}

void add_staleness(RunRecord& row, const RunOutcome& outcome) {
  row.staleness_mode = outcome.staleness_mode;
  if (row.staleness_mode.empty()) return;
  StalenessHistogram all;
  for (std::size_t w = 0; w < outcome.workers.size(); ++w) {
    const auto& histogram = outcome.workers[w].staleness;
    all.merge(histogram);
    const auto& bins = histogram.bins();
    for (std::size_t bin = 0; bin < bins.size(); ++bin)
      if (bins[bin] > 0) row.staleness.push_back({w, StalenessHistogram::least_of(bin), bins[bin]});
  }
  row.staleness_samples = all.count();
  if (all.count() == 0) return;
  row.staleness_mean = all.mean();
  row.staleness_p50 = all.quantile(0.5);
  row.staleness_p95 = all.quantile(0.95);
  row.staleness_max = all.max();
}

}  // namespace

RunRecord describe(const Setup& c, const DataFacts& facts, std::uint64_t repeat,
                   std::uint64_t order) {
  RunRecord row;
  row.config_id = c.id;
  row.run_id = run_id(c.id, repeat);
  row.repeat = repeat;
  row.order = order;
  row.seed = c.spec.seed + repeat;
  row.clock = c.backend->virtual_clock ? "virtual" : "real";
  row.command = c.command;
  if (facts.environment) add_environment(row, *facts.environment);
  describe_problem(row, c.configuration, facts);
  describe_target(row, c.configuration, facts);
  describe_strategy(row, c);
  describe_conditions(row, c);
  describe_simulation(row, c);
  describe_step(row, c, facts);
  describe_settings(row, c.configuration);
  if (const auto shuffle = row.settings.find("shuffle"); shuffle != row.settings.end())
    shuffle->second = c.spec.shuffle.to_string();
  return row;
}

void set_status(RunRecord& row, std::string_view status, std::string_view reason) {
  row.status = status;
  row.reason = with_option_names(reason);
}

bool meets_target(const RunRecord& row, const PointEvaluation& found) {
  const auto accuracy = found.test ? found.test->accuracy : std::nullopt;
  return meets_target(row, Level{finite(found.train.loss), accuracy});
}

void add_outcome(RunRecord& row, const RunOutcome& outcome) {
  row.wall_s = seconds(outcome.wall);
  add_phases(row, outcome);
  add_messages(row, outcome);
  add_workers(row, outcome);
  add_simulation(row, outcome);
  add_counts(row, outcome);
  add_staleness(row, outcome);
  if (outcome.paused) row.stopped_at_target = outcome.stopped == Stopped::target;
}

void add_curve(RunRecord& row, const RunOutcome& outcome,
               const std::vector<PointEvaluation>& evaluations) {
  for (std::size_t i = 0; i < evaluations.size(); ++i) {
    const auto& snapshot = outcome.curve[i];
    CurvePoint point;
    point.time_s = seconds(snapshot.time);
    point.updates = snapshot.updates;
    point.examples_processed = snapshot.examples;
    if (row.examples > 0)
      point.epoch = static_cast<double>(snapshot.examples) / static_cast<double>(row.examples);
    if (row.examples > 0) point.loss = finite(evaluations[i].train.loss);  // else there is none
    if (point.loss && row.loss_optimum) point.suboptimality = *point.loss - *row.loss_optimum;
    if (const auto& test = evaluations[i].test) {
      point.test_loss = finite(test->loss);
      point.test_accuracy = test->accuracy;
    }
    row.curve.push_back(point);
  }
  if (row.curve.empty()) return;
  row.loss_initial = row.curve.front().loss;
  row.loss_final = row.curve.back().loss;
  row.loss_test = row.curve.back().test_loss;
  row.accuracy_final =
      evaluations.back().test ? row.curve.back().test_accuracy : evaluations.back().train.accuracy;
  settle_target(row);
}

namespace {

/// What to do about a step that is too large, and whose step it was.
std::string smaller_step(const RunRecord& row) {
  if (!chose(row, "lr")) return "try a smaller --lr";
  const bool tuned = (' ' + row.tuned + ' ').find(" lr ") != std::string::npos;
  return fmt::format("the {} step of {:.3g} is too large here: give --lr a smaller one",
                     tuned ? "tuned" : "automatic", row.lr);
}

}  // namespace

void judge(RunRecord& row, const RunOutcome& outcome, const RunSpec& spec) {
  const double epochs = row.epochs.value_or(0);
  if (outcome.stopped == Stopped::interrupted)
    return set_status(row, "interrupted",
                      fmt::format("after {:.3g} of {} epochs", epochs, spec.epochs));
  if (outcome.stopped == Stopped::not_finite)
    return set_status(row, "diverged", "the parameters are no longer finite: " + smaller_step(row));
  for (const auto& point : row.curve)
    if (!point.loss && row.examples > 0)
      return set_status(row, "diverged",
                        fmt::format("the loss is not finite after {:.3g} epochs: {}", point.epoch,
                                    smaller_step(row)));
  // What was in flight lands after the target was reached.
  const bool reached = outcome.stopped == Stopped::target;
  if (!reached && row.loss_final && *row.loss_final > kDivergence * *row.loss_initial)
    return set_status(row, "diverged",
                      fmt::format("the loss rose from {:.3g} to {:.3g}: {}", *row.loss_initial,
                                  *row.loss_final, smaller_step(row)));
  if (outcome.stopped == Stopped::time_limit && spec.max_seconds == 0)
    return set_status(
        row, "timeout",
        fmt::format("the clock itself ends after {:.3g} of {} epochs: take shorter times", epochs,
                    spec.epochs));
  if (outcome.stopped == Stopped::time_limit)
    return set_status(row, "timeout",
                      fmt::format("--max-seconds {:g} ended it after {:.3g} of {} epochs",
                                  spec.max_seconds, epochs, spec.epochs));
  set_status(row, "ok", "");
}

}  // namespace sgdbench
