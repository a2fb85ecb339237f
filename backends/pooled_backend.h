// A backend made of P worker threads that run the same loop: everything but that loop.
#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <vector>

#include "backends/backend.h"
#include "backends/run.h"
#include "backends/waiting.h"
#include "backends/worker_pool.h"

namespace sgdbench {

/// Adds ∇fᵢ(w) of examples [begin, end), in their order in the data, to `sum`, in mini-batches
/// whose row numbers lie in `rows`, and has the rule remember each; false where the run stops
/// meanwhile.
bool add_gradients(Run& run, WorkerContext& context, std::size_t begin, std::size_t end,
                   std::span<std::uint32_t> rows, std::span<Real> sum);

/// A run whose rule asks for full gradients: the workers train on a segment of the plan, all that
/// they made lands, they meet, share a pass over all examples, and go on with the next segment.
///
///   pass     every worker adds up ∇ℓᵢ(w) over its share of the examples
///   meet     whoever waits here is waiting, as everywhere
///   reduce   every worker its slice of the coordinates, over all workers' sums in worker order
///   meet
///   train    the strategy's own loop, until the segment has no more blocks
///   meet     the first worker opens the next segment
///
/// A rule that asks for none has one segment, and nothing of this is done.
///
/// Thread safety: a worker's sum is its own between the second meeting and the next pass's first,
/// and read by all between the two; slices have one writer each.
class Segments {
 public:
  explicit Segments(std::size_t workers);

  /// Before a run, by one thread.
  void open();
  /// Takes the memory of `me`'s pass; on its own thread, before the run.
  void reserve(const Run& run, std::size_t me);

  /// Trains to the end: train() until a segment's blocks are gone, reopen() by one worker alone, on
  /// the clock, before another segment.
  template <class Train, class Reopen>
  void work(Run& run, std::size_t me, Train train, Reopen reopen) {
    if (!run.makes_full_gradients()) return train();
    train_segments(run, me, std::ref(train), std::ref(reopen));  // no memory is taken
  }
  /// `me` failed and comes to no meeting any more.
  void leave(std::size_t me) { barrier_.leave(me); }

 private:
  void train_segments(Run& run, std::size_t me, const std::function<void()>& train,
                      const std::function<void()>& reopen);
  bool meet(WorkerContext& context, std::size_t me);
  bool full_gradient(Run& run, std::size_t me);
  void add_share(Run& run, std::size_t me);

  Barrier barrier_;
  std::vector<AlignedVector<Real>> sums_;         // of each worker; zero between full gradients
  std::vector<std::span<const Real>> views_;      // of all of them
  std::vector<std::vector<std::uint32_t>> rows_;  // of each worker's mini-batch
  bool goes_on_ = false;                          // written by the first worker between meetings
  std::atomic<bool> is_cut_short_{false};         // relaxed: the barrier publishes it
};

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

}  // namespace sgdbench
