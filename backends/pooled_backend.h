// A backend made of P worker threads that run the same loop: everything but that loop.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "backends/backend.h"
#include "backends/course.h"
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
  /// How the work is cut for this run.
  virtual Cut cut(const RunSpec& spec) const = 0;
  /// Resets what the strategy keeps beside the course; off the clock. What belongs to one worker is
  /// made by its own thread, through on_each_worker().
  virtual void open(Course&) {}
  /// The loop of one pool thread, on the clock. The seat's stopwatch runs, in phase compute.
  virtual void work(Course&, std::size_t worker) = 0;
  /// The parameters at the end, after the join; by default the course's.
  virtual std::span<const Real> result(Course& course) { return course.w(); }
  /// Adds what the strategy knows beside the workers' reports; after the join.
  virtual void close(Course&, RunOutcome&) {}

  const Problem& problem() const { return problem_; }
  /// body(worker) on every worker's thread, off the clock; it may throw.
  void on_each_worker(const std::function<void(std::size_t)>& body) { pool_.on_each(body); }
  std::size_t workers() const { return seats_.size(); }

 private:
  RunOutcome outcome(Course& course, Nanoseconds end);
  Timeline timeline(Course& course);

  const Problem& problem_;
  std::vector<Seat> seats_;
  WorkerPool pool_;
};

/// The default of `length` = 1 update.
inline Cut single_update_cut(const RunSpec& spec) {
  return {spec.batch, 1};
}

}  // namespace sgdbench
