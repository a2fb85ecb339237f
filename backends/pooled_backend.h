// A backend made of P worker threads that run the same loop: everything but that loop.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "backends/backend.h"
#include "backends/run.h"
#include "backends/segments.h"
#include "backends/worker_pool.h"

namespace sgdbench {

class PooledBackend : public Backend {
 public:
  /// Every worker's means of computing is made by its own thread, so that its memory lies near the
  /// core that uses it; every worker gets the `team`.
  PooledBackend(const RunSpec& spec, const Problem& problem, Threads threads = Threads::own,
                const Team& team = {});

  RunOutcome run(const RunSpec& spec, const std::atomic<bool>& interrupt,
                 const AtPoint& at_point = {}) final;

 protected:
  /// How the examples of a run are partitioned.
  virtual Partition partition(const RunSpec& spec) const = 0;
  /// Resets what the strategy keeps beside the run; off the clock. What belongs to one worker is
  /// made by its own thread, through on_each_worker().
  virtual void open(Run&) {}
  /// The plan's next segment is open: what the strategy keeps of the last one is to be reset. One
  /// worker's thread, on the clock, while all others wait.
  virtual void reopen(Run&) {}
  /// The loop of one pool thread, on the clock, until the open segment is done. The context's
  /// stopwatch runs, in phase compute.
  virtual void work(Run&, std::size_t worker) = 0;
  /// The parameters at the end, after the join; by default the run's.
  virtual std::span<const Real> result(Run& run) { return run.w(); }
  /// Adds what the strategy knows beside the workers' reports; after the join.
  virtual void close(Run&, RunOutcome&) {}

  const Problem& problem() const { return problem_; }
  /// body(worker) on every worker's thread, off the clock; it may throw.
  void on_each_worker(const std::function<void(std::size_t)>& body) { pool_.on_each(body); }
  std::size_t workers() const { return contexts_.size(); }

 private:
  RunOutcome outcome(Run& run, Nanoseconds end);
  Timeline timeline(Run& run);

  const Problem& problem_;
  const std::unique_ptr<const Rule> rule_;
  std::vector<WorkerContext> contexts_;
  WorkerPool pool_;
  Segments segments_;
};

/// The default of `length` = 1 update.
inline Partition single_update_partition(const RunSpec& spec) {
  return {spec.batch, 1};
}

}  // namespace sgdbench
