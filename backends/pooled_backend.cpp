#include "backends/pooled_backend.h"

#include <algorithm>
#include <utility>

#include "backends/probe.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/names.h"

namespace sgdbench {

PooledBackend::PooledBackend(const RunSpec& spec, const Problem& problem, Threads threads,
                             const Team& team)
    : problem_(problem), seats_(spec.workers), pool_(spec.workers, spec.pin, threads) {
  const auto& kernels = find_by_name(kernel_catalog(), "kernel set", spec.kernels);
  on_each_worker([&](std::size_t worker) {
    seats_[worker].compute = problem.make_worker({spec.rule, spec.batch, kernels.kernels, team});
  });
}

RunOutcome PooledBackend::run(const RunSpec& spec, const std::atomic<bool>& interrupt,
                              const AtPoint& at_point) {
  Course course(problem_, spec, cut(spec), interrupt, at_point, seats_);
  if (!course.curve.record(0, 0, 0, 0, course.w(), Access::exclusive))
    course.stop.stop(Stopped::not_finite);
  open(course);

  const auto cpu_before = thread_cpu_times();
  pool_.run([&](Nanoseconds start) { course.begin(start); },
            [&](std::size_t worker) {
              try {
                work(course, worker);
              } catch (...) {
                course.fail(std::current_exception());
                seats_[worker].finish();
              }
            });
  course.rethrow();
  Nanoseconds end = course.start;
  for (const auto& seat : seats_) end = std::max(end, course.start + seat.report.time.elapsed());
  const auto cpu_after = thread_cpu_times();

  RunOutcome result = outcome(course, end);
  // The calling thread only waits, but its readings cost a share of a very short run.
  const auto five_percent = static_cast<std::uint64_t>(result.wall) / 20;
  result.paused = course.pause != nullptr;
  if (!result.paused) result.threads = busy_threads(cpu_before, cpu_after, five_percent);
  close(course, result);
  return result;
}

RunOutcome PooledBackend::outcome(Course& course, Nanoseconds end) {
  RunOutcome result;
  result.pinned = pool_.pinned();
  result.wall = end - course.start;
  result.updates = course.updates_now();
  if (!course.curve.record(course.curve.last(), result.wall, result.updates, course.examples_now(),
                           this->result(course), Access::exclusive))
    course.stop.stop(Stopped::not_finite);
  result.curve = course.curve.take();
  result.stopped = course.stop.reason();
  if (course.spec.recording) result.staleness_mode = "exact";
  for (auto& seat : seats_) {
    seat.report.time.stop(end);
    seat.track.close(end);
    seat.report.updates = seat.updates.load(std::memory_order_relaxed);
    seat.report.applied = seat.examples.load(std::memory_order_relaxed);
    result.workers.push_back(std::move(seat.report));
  }
  if (course.spec.timeline_slices > 0) result.timeline = timeline(course);
  return result;
}

Timeline PooledBackend::timeline(Course& course) {
  Timeline timeline;
  for (auto& seat : seats_) timeline.tracks.push_back(std::exchange(seat.track, {}));
  timeline.has_server = course.server.records();
  if (timeline.has_server) timeline.tracks.push_back(std::move(course.server));
  return timeline;
}

}  // namespace sgdbench
