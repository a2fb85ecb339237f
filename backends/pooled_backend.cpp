#include "backends/pooled_backend.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "backends/probes.h"
#include "results/cpu_state.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/names.h"

namespace sgdbench {

Segments::Segments(std::size_t workers)
    : barrier_(workers, workers <= usable_cpus().size()),
      sums_(workers),
      views_(workers),
      rows_(workers) {}

void Segments::open() {
  barrier_.reset();
  is_cut_short_.store(false, std::memory_order_relaxed);
}

void Segments::reserve(const Run& run, std::size_t me) {
  sums_[me].assign(run.problem.parameters(), Real(0));
  views_[me] = sums_[me];
  rows_[me].resize(std::min(run.spec.batch, run.problem.examples()));
}

void Segments::train_segments(Run& run, std::size_t me, const std::function<void()>& train,
                              const std::function<void()>& reopen) {
  WorkerContext& context = run.contexts[me];
  while (full_gradient(run, me)) {
    train();
    if (!meet(context, me)) break;
    if (me == 0) {
      goes_on_ = run.stop.reason() == Stopped::completed && run.open_next();
      if (goes_on_) reopen();
    }
    if (!meet(context, me) || !goes_on_) break;
  }
  // Some may learn of a failure at one meeting and some at the next: nobody waits for the former.
  if (barrier_.is_left()) barrier_.leave(me);
  context.finish();
}

/// The time until the last worker arrives is waiting. False where one has failed.
bool Segments::meet(WorkerContext& context, std::size_t me) {
  if (sums_.size() == 1) return true;
  if (!barrier_.arrive(me)) {
    context.enter(Phase::wait);
    barrier_.wait(me);
  }
  context.enter(Phase::compute);
  return !barrier_.is_left();
}

/// False where the run ends in it: then nothing of it lands.
bool Segments::full_gradient(Run& run, std::size_t me) {
  WorkerContext& context = run.contexts[me];
  context.enter(Phase::compute);
  const Nanoseconds begun = context.time();
  context.compute->difference_from({});
  add_share(run, me);
  bool whole = meet(context, me) && !is_cut_short_.load(std::memory_order_relaxed);
  if (whole) {
    const std::size_t n = run.problem.parameters(), workers = sums_.size();
    const std::size_t slice = padded_to_line((n + workers - 1) / workers);
    const std::size_t begin = std::min(n, me * slice), end = std::min(n, begin + slice);
    run.rule.take_full_gradient(run.state, views_, begin, end);
    whole = meet(context, me) && context.pull(n * sizeof(Real), Activity::compute);
    context.compute->difference_from(run.rule.anchor(run.state));
  }
  std::fill(sums_[me].begin(), sums_[me].end(), Real(0));
  context.report.full_gradient += context.time() - begun;
  return whole;
}

void Segments::add_share(Run& run, std::size_t me) {
  const std::size_t n = run.problem.examples(), workers = sums_.size();
  WorkerContext& context = run.contexts[me];
  const std::uint64_t bytes = sums_[me].size() * sizeof(Real);
  const bool added =
      add_gradients(run, context, me * n / workers, (me + 1) * n / workers, rows_[me], sums_[me]);
  if (!added || !context.push(bytes, Activity::compute))
    is_cut_short_.store(true, std::memory_order_relaxed);
}

namespace {

void add(const GradientSum& gradient_sum, std::span<Real> sum) {
  if (gradient_sum.dense)
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += gradient_sum.values[i];
  else
    for (std::size_t k = 0; k < gradient_sum.support.size(); ++k) {
      const std::uint32_t i = gradient_sum.support[k];
      sum[i] += gradient_sum.values[gradient_sum.packed ? k : i];
    }
}

}  // namespace

bool add_gradients(Run& run, WorkerContext& context, std::size_t begin, std::size_t end,
                   std::span<std::uint32_t> rows, std::span<Real> sum) {
  for (std::size_t first = begin; first < end;) {
    const auto mini_batch = rows.first(std::min(rows.size(), end - first));
    std::iota(mini_batch.begin(), mini_batch.end(), static_cast<std::uint32_t>(first));
    const bool passed = context.injector.gradient([&] {
      context.compute->prepare(mini_batch);
      context.compute->compute_from(run.w());
    });
    if (!passed || run.stop.should_stop()) return false;
    const GradientSum gradient_sum = context.compute->gradient_sum();
    run.rule.remember_all(run.state, gradient_sum);
    add(gradient_sum, sum);
    context.report.full_gradient_examples += mini_batch.size();
    first += mini_batch.size();
  }
  return true;
}

PooledBackend::PooledBackend(const RunSpec& spec, const Problem& problem, Threads threads,
                             const Team& team)
    : problem_(problem),
      rule_(problem.make_rule(spec.rule)),
      contexts_(spec.workers),
      pool_(spec.workers, spec.pin, threads),
      segments_(spec.workers) {
  const auto& kernels = find_by_name(kernel_catalog(), "kernel set", spec.kernels);
  on_each_worker([&](std::size_t worker) {
    contexts_[worker].compute =
        problem.make_worker({rule_.get(), spec.batch, kernels.kernels, team, keeps_read(spec)});
  });
}

RunOutcome PooledBackend::run(const RunSpec& spec, const std::atomic<bool>& interrupt,
                              const AtPoint& at_point) {
  Run run(problem_, *rule_, spec, partition(spec), interrupt, at_point, contexts_);
  run.record(0, 0, {run.w()}, Access::exclusive);
  open(run);
  segments_.open();
  if (run.makes_full_gradients())
    on_each_worker([&](std::size_t worker) { segments_.reserve(run, worker); });

  const auto cpu_before = thread_cpu_times();
  pool_.run([&](Nanoseconds start) { run.begin(start); },
            [&](std::size_t worker) {
              try {
                segments_.work(
                    run, worker, [&] { work(run, worker); }, [&] { reopen(run); });
              } catch (...) {
                run.fail(std::current_exception());
                segments_.leave(worker);
                contexts_[worker].finish();
              }
            });
  run.rethrow();
  Nanoseconds end = run.start;
  for (const auto& context : contexts_)
    end = std::max(end, run.start + context.report.time.elapsed());
  const auto cpu_after = thread_cpu_times();

  RunOutcome result = outcome(run, end);
  // The calling thread only waits, but its readings cost a share of a very short run.
  const auto five_percent = static_cast<std::uint64_t>(result.wall) / 20;
  result.paused = run.pause != nullptr;
  if (!result.paused) result.threads = busy_threads(cpu_before, cpu_after, five_percent);
  close(run, result);
  return result;
}

RunOutcome PooledBackend::outcome(Run& run, Nanoseconds end) {
  RunOutcome result;
  result.pinned = pool_.pinned();
  result.wall = end - run.start;
  result.updates = run.updates_now();
  result.evaluations = run.rule.evaluations();
  run.record(run.curve.last(), result.wall, {this->result(run), result.updates, run.examples_now()},
             Access::exclusive);
  result.curve = run.curve.take();
  result.stopped = run.stop.reason();
  if (run.spec.recording) result.staleness_mode = "exact";
  if (run.spec.conditions.delays_messages()) {
    result.traffic.emplace();
    result.link_busy = run.link.busy(end);
  }
  for (auto& context : contexts_) {
    if (result.traffic) result.traffic->add(context.injector.traffic());
    context.report.time.stop(end);
    context.track.close(end);
    context.report.updates = context.updates.load(std::memory_order_relaxed);
    context.report.applied = context.examples.load(std::memory_order_relaxed);
    result.workers.push_back(std::move(context.report));
  }
  if (run.spec.timeline_slices > 0) result.timeline = timeline(run);
  return result;
}

Timeline PooledBackend::timeline(Run& run) {
  Timeline timeline;
  for (auto& context : contexts_) timeline.tracks.push_back(std::exchange(context.track, {}));
  timeline.has_server = run.server_track.records();
  if (timeline.has_server) timeline.tracks.push_back(std::move(run.server_track));
  return timeline;
}

}  // namespace sgdbench
