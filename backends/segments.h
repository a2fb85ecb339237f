// A run whose rule asks for full gradients: the workers train on a segment of the plan, all that
// they made lands, they meet, share a pass over all examples, and go on with the next segment.
//
//   pass     every worker adds up ∇ℓᵢ(w) over its share of the examples
//   meet     whoever waits here is waiting, as everywhere
//   reduce   every worker its slice of the coordinates, over all workers' sums in worker order
//   meet
//   train    the strategy's own loop, until the segment has no more blocks
//   meet     the first worker opens the next segment
//
// A rule that asks for none has one segment, and nothing of this is done.
//
// Thread safety: a worker's sum is its own between the second meeting and the next pass's first,
// and read by all between the two; slices have one writer each.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "backends/barrier.h"
#include "backends/run.h"

namespace sgdbench {

/// Adds ∇fᵢ(w) of examples [begin, end), in their order in the data, to `sum`, in mini-batches
/// whose row numbers lie in `rows`, and has the rule remember each; false where the run stops
/// meanwhile.
bool add_gradients(Run& run, WorkerContext& context, std::size_t begin, std::size_t end,
                   std::span<std::uint32_t> rows, std::span<Real> sum);

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

}  // namespace sgdbench
