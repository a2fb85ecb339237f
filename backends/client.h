// Where one worker stands with a server on real threads (parameter_server.cpp), and its side of
// their contacts: what it takes of the queue, and what it pushes.
//
// Thread safety: may_go, waiting, cancelled and release_ticket belong to whoever holds the server's
// lock; all else belongs to the worker.
#pragma once

#include <atomic>
#include <cstdint>

#include "backends/conditions/link.h"
#include "backends/loops.h"
#include "backends/server.h"
#include "backends/waiting.h"
#include "backends/work_queue.h"

namespace sgdbench {

/// Whether a worker takes several mini-batches at once, each of which it pushes on its own.
inline bool pushes_blocks(const ProtocolTraits& traits) {
  return traits.exchange == Exchange::gradient && traits.arrivals == 1 && !traits.cancels &&
         !traits.discards();
}
inline bool replicas_travel(const ProtocolTraits& traits) {
  return traits.exchange != Exchange::gradient;
}

struct alignas(64) Client {
  Task task;       ///< what it took last: a block, or its share of a round
  BlockWalk walk;  ///< of that, where gradients travel
  Work next;       ///< what it pulls for next; what it pulled for, the server knows
  bool has_next = false, has_pulled = false;
  bool may_go = true;              ///< the protocol lets it start
  bool waiting = false;            ///< for `release`
  bool cancelled = false;          ///< nobody wants what it works on
  PullTicket release_ticket;       ///< of those that the protocol let start together
  PullTicket ticket;               ///< of those that it was let go with
  std::uint64_t gradient = 0;      ///< number of what it works on among this worker's, from 1
  std::atomic<bool> woken{false};  ///< `release` is to be raised
  Signal release;
  StoredGradient stored;        ///< what it pushes, where it goes on while that is held
  AlignedVector<Real> replica;  ///< [w | state of the rule], where replicas travel

  /// The next work of `worker`, whose client this is, prepared; false where there is none.
  bool take(Run& run, std::size_t worker, WorkQueue& queue, const ProtocolTraits& traits) {
    WorkerContext& context = run.contexts[worker];
    if (walk.advance()) {
      ++next.number;
    } else {
      const auto taken = queue.next(worker);
      if (!taken) return false;
      begin(run, context, *taken, traits);
    }
    prepare(context, traits);
    return true;
  }
  void prepare(WorkerContext& context, const ProtocolTraits& traits) const {
    if (!replicas_travel(traits) && next.examples != 0) context.compute->prepare(walk.rows());
  }

  /// What was made of the work that it pulled for: outside the server's lock, with all that this
  /// takes.
  Push make_push(Run& run, std::size_t worker, const Server& server) {
    const ProtocolTraits& traits = server.traits();
    Push push;
    if (replicas_travel(traits) || server.work(worker).examples == 0) return push;
    Worker& maker = *run.contexts[worker].compute;
    if (server.lands_alone()) {
      push.maker = &maker;
    } else if (traits.overlaps) {
      stored.assign(maker.gradient_sum(), run.rule.remembers_examples(), server.wants_read());
      push.stored = &stored;
    } else {
      push.gradient_sum = maker.gradient_sum();
    }
    return push;
  }

 private:
  void begin(Run& run, WorkerContext& context, const Task& taken, const ProtocolTraits& traits) {
    task = taken;
    next = {task.number, task.round.epoch, task.examples, task.gradients()};
    if (replicas_travel(traits)) return;
    const bool blocks = pushes_blocks(traits);
    Block block = blocks ? task.round : task.step(0);
    if (blocks)
      next = {block.first_update, block.epoch, block.batch, 1};
    else
      block.batch = task.examples;  // no matter whose share it is
    if (task.examples != 0) walk = {block, run.rows(context, block)};
  }
};

}  // namespace sgdbench
