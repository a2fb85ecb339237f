// The two loops of workers. One is of all strategies whose workers make updates as they go, on
// shared parameters or on a replica:
//
//   take a block of mini-batches        (work_queue.h)
//   cut it at the points of the curve   (run.h: next_part)
//   make the updates of each part       (the strategy's, by Worker::run_in_place())
//   look at the parameters              (run.h: observe)
//
// The other is of those whose workers make gradients that somebody commits:
//
//   read the parameters
//   compute
//   commit, and read again              (the strategy's: a server under a lock, a version that is
//                                       published, a barrier and a sum)
#pragma once

#include <algorithm>
#include <span>

#include "backends/run.h"
#include "backends/server.h"

namespace sgdbench {

/// The partition of a strategy whose workers make updates of `spec.batch` examples in place, out of
/// `examples` an epoch. Blocks are so long that taking one costs nothing and that the rows at its
/// beginning, which nobody could ask for in advance, are few; and so short that several workers end
/// together.
Partition in_place_partition(const RunSpec& spec, std::size_t examples);

/// The same in blocks of about `longest` examples.
Partition in_blocks_of(const RunSpec& spec, std::size_t longest);

/// The updates of `part` for Worker::run_in_place(). `rows` begins with its rows; those behind them
/// come next. `applied` is raised after each update.
inline InPlaceRun in_place(const Run& run, const Block& part, std::span<const std::uint32_t> rows,
                           Access access, std::atomic<std::uint64_t>& applied,
                           WriteProbe* probe = nullptr) {
  const std::size_t examples = part.end - part.begin;
  return {.rows = rows.first(examples),
          .batch = part.batch,
          .first_update = part.first_update,
          .step = run.step_size.during(part.epoch),
          .access = access,
          .applied = &applied,
          .probe = probe,
          .ahead = rows.size() - examples};
}

/// The loop of one worker until the work is done: train(part, rows) makes the updates of each part,
/// with `rows` as above, which it counts, and curve points are taken from the run's w, by `access`.
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

/// The mini-batches of a block, one after the other; empty at first.
class BlockWalk {
 public:
  BlockWalk() = default;
  /// Stands at the first one; `rows` are those of the block.
  BlockWalk(const Block& block, std::span<const std::uint32_t> rows)
      : left_(block), rows_(rows), first_(true) {}

  /// Goes on to the next one; false where there is none.
  bool advance() {
    if (left_.end - left_.begin <= left_.batch) return false;
    left_.begin += left_.batch;
    ++left_.first_update;
    rows_ = rows_.subspan(left_.batch);
    first_ = false;
    return true;
  }
  bool at_first() const { return first_; }
  std::uint64_t update() const { return left_.first_update; }
  std::uint64_t epoch() const { return left_.epoch; }
  std::size_t examples() const { return left_.batch; }
  std::span<const std::uint32_t> rows() const { return rows_.first(left_.batch); }
  Block mini_batch() const {
    Block one = left_;
    one.end = one.begin + one.batch;
    return one;
  }

 private:
  Block left_{.end = 0};
  std::span<const std::uint32_t> rows_;
  bool first_ = false;
};

/// How a run under a protocol is cut into rounds.
inline Partition partition_for(const ProtocolTraits& traits, const RunSpec& spec) {
  return {spec.batch * traits.arrivals, traits.steps, WorkPlan::Limit::blocks};
}

/// Books what `server` made of an update, whose numbers are the queue's.
inline void book(Run& run, const Server& server, const WorkQueue& queue,
                 std::span<const Held> landed) {
  const std::uint64_t update = server.version();
  for (const Held& held : landed) {
    WorkerContext& context = run.contexts[held.worker];
    context.note_landing(update, update - 1 - held.version, held.work.examples,
                         held.work.gradients);
    if (run.spec.landings)
      context.report.landings.push_back(
          {update, held.worker, queue.pushed(held.work.number), held.version});
  }
  run.contexts[server.completer()].note_update();
}

/// Where an update is of few examples, a worker takes a block of several: of about
/// kExamplesPerBlock in all, but never more than a small share of the run, and one at a time where
/// it is delayed, so that it keeps nothing from workers that are faster.
inline Partition committing_partition(const RunSpec& spec, std::size_t examples) {
  constexpr std::size_t kExamplesPerBlock = 16;
  constexpr std::uint64_t kBlocksPerWorker = 32;
  const WorkPlan plan(examples, spec.batch, 1, spec.epochs, spec.updates);
  const std::uint64_t share = plan.updates() / (spec.workers * kBlocksPerWorker);
  const std::size_t longest = spec.conditions.any() ? 0 : kExamplesPerBlock / spec.batch;
  return {spec.batch, std::max<std::size_t>(1, std::min<std::uint64_t>(longest, share))};
}

/// What became of the gradients that a worker had to make. Those that were begun count as computed,
/// and land only if all of their time has passed: what the end of the run or a cancellation cuts
/// short is thrown away whole.
enum class Made {
  nothing,    ///< the parameters did not come
  cut_short,  ///< their time, or their push's, did not pass whole
  whole
};

/// The loop of `worker`. The strategy's
///   begin()      takes the first work and reads the parameters for it; false: there is none
///   gradients()  says how many mini-batch gradients the work is, one after the other, and
///   number()     which of the worker's they are; pull_bytes() and push_bytes() are of messages,
///   pull_ticket() of those that the worker was let go with
///   compute()    makes them
///   commit()     commits what was made whole; takes the next work and reads; false: there is none
template <class Strategy>
void read_compute_commit(Strategy& strategy, Run& run, std::size_t worker) {
  WorkerContext& context = run.contexts[worker];
  for (bool more = strategy.begin(run, worker); more;) {
    const std::size_t gradients = strategy.gradients(worker) * run.rule.evaluations();
    const bool delayed = context.injector.delays_messages() && gradients != 0;
    const std::uint64_t number = strategy.number(worker);
    Made made = Made::nothing;
    if (!delayed || context.pull(strategy.pull_bytes(run, worker), Activity::compute, number,
                                 strategy.pull_ticket(worker))) {
      const bool whole = context.injector.gradients(gradients, [&] {
        strategy.compute(run, worker);
      }) && (!delayed || context.push(strategy.push_bytes(run, worker), Activity::push, number));
      made = whole ? Made::whole : Made::cut_short;
    } else {
      context.injector.skip(gradients);
    }
    more = strategy.commit(run, worker, made);
  }
}

}  // namespace sgdbench
