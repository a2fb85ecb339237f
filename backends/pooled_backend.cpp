#include "backends/pooled_backend.h"

#include <algorithm>
#include <utility>

#include "backends/probe.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/names.h"

namespace sgdbench {

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
  timeline.has_server = run.server.records();
  if (timeline.has_server) timeline.tracks.push_back(std::move(run.server));
  return timeline;
}

}  // namespace sgdbench
