#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "backends/probes.h"
#include "backends/verification.h"
#include "cli/cache.h"
#include "cli/configuration.h"
#include "cli/execute.h"
#include "cli/setup.h"
#include "cli/terminal.h"
#include "results/comparison/comparison.h"
#include "results/environment.h"
#include "results/labels.h"
#include "results/view/summary.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kMostRepeats = 10'000;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Workers that are threads of this process. The cores of other processes, and what they make of
/// them together, are not measured.
std::size_t workers_here(const BackendEntry& backend, const RunSpec& spec) {
  return backend.processes != nullptr ? 1 : spec.workers;
}

void add_probe(RunRecord& row, std::size_t workers, bool pin) {
  if (workers < 2) return;
  const auto probe = probe_machine(workers, pin);
  row.parallel_capacity = probe.parallel_capacity;
  row.line_transfer_ns = probe.line_transfer_ns;
}

void add_pace(RunRecord& row, const Pace& pace) {
  row.pace_compute_ns = pace.compute_ns;
  row.pace_read_ns = pace.read_ns;
}

/// What a row of the same configuration says was found.
Tuned tuned_of(const RunRecord& row) {
  const auto range = [](std::optional<double> low, std::optional<double> high) {
    return low && high ? std::optional(StepRange{*low, *high}) : std::nullopt;
  };
  return {{row.batch, row.lr, row.momentum, row.exchange.value_or(0)},
          row.tuning_trials.value_or(0),
          row.tuning_s.value_or(0),
          range(row.lr_tuned_low, row.lr_tuned_high),
          range(row.lr_twice_low, row.lr_twice_high)};
}

/// Whether it is a row of a search in vain. That of a repeat which ended by an exception has no
/// updates either, but a reason of its own.
bool is_in_vain(const RunRecord& row) {
  if (row.updates) return false;
  return row.status == "diverged" || (row.status == "failed" && row.reason == kNothingLearnt);
}

/// The order in which n configurations take their turn.
std::vector<std::size_t> turn_order(std::size_t n, std::uint64_t seed) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(seed);
  shuffle(order, random);
  return order;
}

/// A row for each planned run that has none.
void add_unstarted(const Setup& c, const DataFacts& facts, RunLog& log) {
  for (std::uint64_t repeat = 0; repeat < c.configuration.repeats; ++repeat) {
    if (log.has_row(run_id(c.id, repeat)) || !log.wants_unstarted()) continue;
    auto row = describe(c, facts, repeat, log.next_order());
    set_status(row, "interrupted", "not started");
    log.add_unstarted(std::move(row));
  }
}

}  // namespace

ProblemGroup::ProblemGroup(const Problem& problem, const DataFacts& facts,
                           const ParallelFor& parallel, std::size_t cores, Progress& progress,
                           RunLog& log, TraceOutput& trace, const Execution& execution)
    : problem_(problem),
      facts_(facts),
      parallel_(parallel),
      cores_(cores),
      progress_(progress),
      log_(log),
      trace_(trace),
      execution_(execution),
      tuner_(problem, facts, parallel, cores, progress) {}

void ProblemGroup::run(const std::vector<Configuration>& configurations) {
  for (const auto& configuration : configurations) {
    prepared_.emplace_back().setup = settle(configuration, problem_, cores_);
    if (interrupted() || log_.has_all(configuration)) continue;
    prepare(prepared_.back());
    if (execution_.search_alone) add_search(prepared_.back());
  }
  if (execution_.search_alone) return;
  repeats_began_ = Clock::now();
  for (std::uint64_t repeat = 0; !interrupted() && wants_more(repeat); ++repeat) repeat_all(repeat);
  if (interrupted())
    for (const auto& prepared : prepared_) add_unstarted(prepared.setup, facts_, log_);
}

/// The repeats that were asked for; then, if asked for, more of them until all configurations are
/// known well enough or time is up. All go on as long as one does: repeats are compared in pairs.
bool ProblemGroup::wants_more(std::uint64_t repeat) const {
  const bool asked = std::any_of(prepared_.begin(), prepared_.end(), [&](const auto& c) {
    return repeat < c.setup.configuration.repeats;
  });
  if (asked) return true;
  if (repeat >= kMostRepeats) return false;
  std::optional<double> finds;  // of what is asked; counted once
  return std::any_of(prepared_.begin(), prepared_.end(), [&](const auto& prepared) {
    const Configuration& configuration = prepared.setup.configuration;
    if (configuration.until_gate > 0 && since(repeats_began_) < configuration.budget_s &&
        prepared.status.empty()) {
      if (!finds) finds = gate_share(log_.rows(), configuration.until_gate / 100);
      if (*finds < kGateShare) return true;
    }
    return configuration.until_ci > 0 && since(repeats_began_) < configuration.budget_s &&
           prepared.status.empty() &&
           !settled(precision_of(log_.rows(), prepared.setup.id), configuration.until_ci / 100);
  });
}

void ProblemGroup::prepare(Prepared& prepared) {
  const auto& c = prepared.setup;
  try {
    auto why = c.backend->unavailable();
    if (why.empty()) why = c.backend->why_not(c.spec, problem_);
    if (why.empty()) why = settle_curve(prepared.setup, problem_, available_memory_bytes());
    if (!why.empty()) {
      prepared.status = "unsupported";
      prepared.reason = why;
    } else {
      start(prepared);
    }
  } catch (const std::exception& error) {
    prepared.status = "failed";
    prepared.reason = error.what();
  }
  if (!prepared.status.empty() && !execution_.search_alone)
    progress_.skip(c.configuration.warmup + log_.missing(c.configuration));
}

void ProblemGroup::start(Prepared& prepared) {
  const auto& c = prepared.setup;
  if (!verify(prepared)) return;
  // What was found is checked like what was asked for: it is what will be timed.
  if (c.configuration.tuned != 0 && (!tune(prepared) || !verify(prepared))) return;
  if (execution_.search_alone) return;
  prepared.backend = c.backend->make(c.spec, problem_);
  for (std::uint64_t i = 0; i < c.configuration.warmup && !interrupted(); ++i) warm_up(prepared);
}

bool ProblemGroup::verify(Prepared& prepared) {
  const auto& c = prepared.setup;
  const auto verdict = verify_backend(*c.backend, c.spec, problem_);
  if (verdict.ok) return true;
  prepared.status = "failed";
  prepared.reason = "its update is not the gradient's: " + verdict.reason;
  return false;
}

/// What is to be tuned, as the rows have it that are there already, else as the cache has it, else
/// as a search finds it. The prepared configuration has a status where every trial was in vain, and
/// a reason alone where there was no need of a search: then nothing is returned.
std::optional<Tuned> ProblemGroup::tuned_for(Prepared& prepared) {
  const auto& c = prepared.setup;
  const auto earlier = std::find_if(
      log_.rows().begin(), log_.rows().end(),
      [&](const RunRecord& row) { return row.config_id == c.id && row.tuning_trials; });
  if (earlier != log_.rows().end()) {
    if (is_in_vain(*earlier)) prepared.status = earlier->status, prepared.reason = earlier->reason;
    return tuned_of(*earlier);
  }
  std::optional<CachedWinner> cache;
  if (execution_.use_cache) cache.emplace(c.configuration, facts_);
  if (cache && !execution_.search_alone) {
    std::string note;
    if (const auto tuned = cache->read(note)) return *tuned;
    if (!note.empty()) progress_.note(note);
  }
  auto tuning = tuner_.tune(c.configuration);
  if (!tuning.needless.empty()) {
    prepared.reason = tuning.needless;
    progress_.note(fmt::format("{}: {}", label(describe(c, facts_, 0, 0)), tuning.needless));
    return {};
  }
  prepared.status = tuning.status;
  prepared.reason = tuning.why_not;
  log_.add(tuning.trials);
  const Tuned tuned{tuning.found.best, tuning.found.trials, tuning.seconds,
                    tuning.found.within_tenth, tuning.found.within_twice};
  if (cache && prepared.status.empty() && !interrupted()) cache->write(tuned);
  return tuned;
}

/// Settles what is to be tuned.
bool ProblemGroup::tune(Prepared& prepared) {
  auto& c = prepared.setup;
  if (execution_.search_alone) progress_.step(label(describe(c, facts_, 0, 0)));
  const auto tuned = tuned_for(prepared);
  if (interrupted()) return false;
  c = settle(c.configuration, problem_, cores_, tuned);
  if (!prepared.status.empty()) return false;
  auto why = c.backend->why_not(c.spec, problem_);
  if (why.empty()) why = settle_curve(c, problem_, available_memory_bytes());
  if (why.empty()) return true;
  prepared.status = "unsupported";
  prepared.reason = why;
  return false;
}

/// A row with what a search found.
void ProblemGroup::add_search(const Prepared& prepared) {
  auto row = describe(prepared.setup, facts_, 0, log_.next_order());
  if (interrupted())
    set_status(row, "interrupted", "the search did not come to its end");
  else
    set_status(row, prepared.status.empty() ? "ok" : prepared.status, prepared.reason);
  log_.add(std::move(row));
}

void ProblemGroup::warm_up(Prepared& prepared) {
  const auto& c = prepared.setup;
  progress_.step(label(describe(c, facts_, 0, 0)) + ", warm-up");
  RunSpec spec = c.spec;
  spec.epochs = 1;
  spec.evaluations = 1;
  prepared.backend->run(spec, interrupted());
}

void ProblemGroup::repeat_all(std::uint64_t repeat) {
  const auto seed = prepared_.front().setup.spec.seed;
  for (const auto i : turn_order(prepared_.size(), mix(seed, repeat))) {
    const auto& c = prepared_[i].setup;
    const bool wanted = repeat < c.configuration.repeats || c.configuration.until_ci > 0 ||
                        c.configuration.until_gate > 0;
    if (!wanted || log_.has(run_id(c.id, repeat))) continue;
    log_.add(measure(prepared_[i], repeat));
    write_timeline(prepared_[i]);
    if (interrupted()) return;
  }
}

RunRecord ProblemGroup::measure(Prepared& prepared, std::uint64_t repeat) {
  const auto& c = prepared.setup;
  auto row = describe(c, facts_, repeat, log_.next_order());
  if (!prepared.status.empty()) {
    set_status(row, prepared.status, prepared.reason);
    return row;
  }
  progress_.step(fmt::format("{}, repeat {}/{}", label(row), repeat + 1, c.configuration.repeats));
  RunSpec spec = c.spec;
  spec.seed += repeat;
  const auto resident = reset_peak_rss();
  try {
    if (!c.backend->virtual_clock) add_probe(row, workers_here(*c.backend, spec), spec.pin);
    run_timed(prepared, spec, row);
  } catch (const std::exception& error) {
    row = describe(c, facts_, repeat, log_.next_order());
    set_status(row, "failed", error.what());
  }
  if (resident) {
    row.peak_rss_bytes = peak_rss_bytes();
    row.memory_bytes = *row.peak_rss_bytes - std::min(*resident, *row.peak_rss_bytes);
  }
  return row;
}

void ProblemGroup::run_timed(Prepared& prepared, RunSpec spec, RunRecord& row) {
  Seen seen;
  row.evaluate_s = 0;
  if (!prepared.traced) spec.timeline_slices = trace_.slices();
  // What the machine is like says nothing of virtual times.
  const bool real = !prepared.setup.backend->virtual_clock;
  const std::size_t workers = workers_here(*prepared.setup.backend, spec);
  const auto pace = real ? measure_pace(workers, spec.pin) : Pace{};
  RunOutcome outcome = train(prepared, spec, row, seen);
  if (real) add_pace(row, mean_of(pace, measure_pace(workers, spec.pin)));
  const auto start = Clock::now();
  const auto evaluations = evaluate_curve(outcome, seen);
  *row.evaluate_s += since(start);
  add_outcome(row, outcome);
  add_curve(row, outcome, evaluations);
  judge(row, outcome, spec);
  if (spec.timeline_slices > 0) prepared.timeline = std::move(outcome.timeline);
}

/// Outside of the run: that a file can't be written says nothing of what was measured.
void ProblemGroup::write_timeline(Prepared& prepared) {
  if (!prepared.timeline) return;
  const auto& row = log_.rows().back();
  std::vector<RunRecord> described;
  for (const auto& other : prepared_) described.push_back(describe(other.setup, facts_, 0, 0));
  std::vector<const RunRecord*> rows;
  for (const auto& other : described) rows.push_back(&other);
  const auto differences = column_text(row, varying_columns(rows));
  trace_.add({label(row) + (differences.empty() ? "" : ", " + differences), row.run_id, row.clock},
             row.config_id, *prepared.timeline);
  prepared.timeline.reset();
  prepared.traced = true;
}

RunOutcome ProblemGroup::train(Prepared& prepared, const RunSpec& spec, RunRecord& row,
                               Seen& seen) {
  if (!prepared.setup.configuration.stop_at_target)
    return prepared.backend->run(spec, interrupted());
  return prepared.backend->run(spec, interrupted(), [&](const Snapshot& snapshot) {
    const auto start = Clock::now();
    const auto& found = seen[snapshot.point] = evaluate_point(snapshot);
    *row.evaluate_s += since(start);
    return meets_target(row, found);
  });
}

PointEvaluation ProblemGroup::evaluate_point(const Snapshot& snapshot) const {
  PointEvaluation point{evaluate(problem_, snapshot.parameters, Part::train, parallel_), {}};
  if (problem_.has_test())
    point.test = evaluate(problem_, snapshot.parameters, Part::test, parallel_);
  return point;
}

std::vector<PointEvaluation> ProblemGroup::evaluate_curve(const RunOutcome& outcome,
                                                          const Seen& seen) const {
  std::vector<PointEvaluation> evaluations;
  for (const auto& snapshot : outcome.curve) {
    const auto found = seen.find(snapshot.point);
    evaluations.push_back(found == seen.end() ? evaluate_point(snapshot) : found->second);
  }
  return evaluations;
}

void interrupt_group(const std::vector<Configuration>& configurations, const Problem* problem,
                     std::size_t cores, const DataFacts& facts, RunLog& log) {
  for (const auto& configuration : configurations)
    add_unstarted(problem ? settle(configuration, *problem, cores) : unsettled(configuration),
                  facts, log);
}

void refuse_group(const std::vector<Configuration>& configurations, const DataFacts& facts,
                  std::string_view reason, Progress& progress, RunLog& log) {
  for (const auto& configuration : configurations) {
    const auto c = unsettled(configuration);
    progress.skip(configuration.warmup + log.missing(configuration));
    for (std::uint64_t repeat = 0; repeat < configuration.repeats; ++repeat) {
      if (log.has(run_id(c.id, repeat))) continue;
      auto row = describe(c, facts, repeat, log.next_order());
      set_status(row, "unsupported", reason);
      log.add(std::move(row));
    }
  }
}

}  // namespace sgdbench
