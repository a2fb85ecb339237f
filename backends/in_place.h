// Training in place, as one worker does it: the one loop of all strategies whose workers make
// updates as they go, on shared parameters or on a replica.
//
//   take a block of mini-batches        (work_plan.h)
//   cut it at the points of the curve   (run.h: next_part)
//   make the updates of each part       (the strategy's, by train_in_place())
//   look at the parameters              (run.h: observe)
#pragma once

#include <span>

#include "backends/run.h"

namespace sgdbench {

/// The partition of a strategy whose workers make updates of `spec.batch` examples in place, out of
/// `examples` an epoch. Blocks are so long that taking one costs nothing and that the rows at its
/// beginning, which nobody could ask for in advance, are few; and so short that several workers end
/// together.
Partition in_place_partition(const RunSpec& spec, std::size_t examples);

/// The same in blocks of about `longest` examples.
Partition in_blocks_of(const RunSpec& spec, std::size_t longest);

/// Where updates in place go.
struct InPlaceTarget {
  std::span<Real> state;  ///< [w | state of the rule]
  Access access = Access::exclusive;
  std::atomic<std::uint64_t>* applied;  ///< raised after each update
  WriteProbe* probe = nullptr;
};

/// Makes the updates of `part`. `rows` begins with its rows; those behind them come next.
void train_in_place(const Run& run, WorkerContext& context, const Block& part,
                    std::span<const std::uint32_t> rows, const InPlaceTarget& target);

/// The same on the run's own state, where updates land as they are made: counts them, and their
/// examples, in the context.
void train_in_place(Run& run, WorkerContext& context, const Block& part,
                    std::span<const std::uint32_t> rows, Access access,
                    WriteProbe* probe = nullptr);

/// The loop of one worker until the work is done: train(part, rows) makes the updates of each part,
/// with `rows` as above, and curve points are taken from the run's w, by `access`.
template <class Train>
void train_blocks(Run& run, WorkerContext& context, Access access, Train train) {
  Block rest, part;
  while (run.take(context.number, rest)) {
    auto rows = run.rows(context, rest);
    // A pause begins when the last worker stands still, and until then the clock runs.
    while (run.may_go_on(context.number) && run.next_part(rest, part, run.longest_part())) {
      context.enter(Activity::compute, context.taken);
      train(part, rows);
      rows = rows.subspan(part.end - part.begin);
      run.observe(context, part, run.w(), access);
    }
  }
  context.finish();
}

/// Makes the steps of `task` on `replica`, [w | state of the rule]; returns how many it made.
std::uint64_t train_replica(const Run& run, WorkerContext& context, const Task& task,
                            std::span<Real> replica);

/// That loop where there is no other worker: sequential SGD, whichever strategy it is the case of
/// one worker of. Of gradients that are delayed, a part whose time the end of the run cuts short is
/// taken back.
void train_alone(Run& run, WorkerContext& context);

}  // namespace sgdbench
