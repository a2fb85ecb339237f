// Asynchronous SGD on private replicas: every worker trains at the speed of one alone and exchanges
// what it has changed for what the others have, every --exchange examples, without waiting for
// anybody.
//
// Source: Dean et al., "Large scale distributed deep networks", NIPS 2012 (Downpour SGD with
// n_push = n_fetch). Departures: rows come without replacement from one queue, an exchange is one
// pass that pushes and pulls, and the state of momentum stays with the worker.
//
// Where hogwild's workers fight over the cache lines of popular features, here only the exchange
// moves lines between cores. The price is staleness, and it is counted. An update is an exchange:
// what changes the shared parameters. All steps that the replica made since its last one land in
// it, and the gradient of each has τ = the exchanges of others that landed meanwhile. Chunks of the
// parameters are exchanged one after the other, so that others may come in between: τ is that of
// the stalest chunk, a bound, unless there is but one.
//
// Invariant: a worker exchanges after --exchange examples (and at the end of an epoch's larger
// mini-batches, and of its smaller ones), whatever is recorded. The curve is looked at after the
// first exchange past a point. A block whose time the end of the run cuts short is not exchanged.

#include "backends/in_place.h"
#include "backends/pooled_backend.h"
#include "backends/replicas.h"

namespace sgdbench {
namespace {

class Downpour final : public PooledBackend {
 public:
  Downpour(const RunSpec& spec, const Problem& problem)
      : PooledBackend(spec, problem), replicas_(spec.workers) {}

 private:
  Partition partition(const RunSpec& spec) const override {
    Partition partition = in_blocks_of(spec, spec.exchange);
    partition.limit = WorkPlan::Limit::blocks;
    return partition;
  }

  void open(Run& run) override {
    shared_ = std::make_unique<SharedParameters>(run.w());
    on_each_worker(
        [&](std::size_t worker) { shared_->copy_to(replicas_[worker], run.rule.state_size()); });
    for (auto& context : run.contexts) context.report.local_steps = 0;
  }

  void work(Run& run, std::size_t worker) override {
    WorkerContext& context = run.contexts[worker];
    Replica& replica = replicas_[worker];
    train_blocks(run, context, Access::racy_store, [&](const Block& block, const auto& rows) {
      const std::uint64_t before = replica.made.load(std::memory_order_relaxed);
      // What the last exchange left in the replica: its message is under way now.
      const std::uint64_t bytes = replica.base.size() * sizeof(Real);
      if (!context.pull(bytes, Activity::compute, context.taken)) return;
      const bool whole = context.injector.gradients(block.updates(), [&] {
        train_in_place(run, context, block, rows,
                       {replica.state, Access::exclusive, &replica.made});
      });
      context.report.local_steps = replica.made.load(std::memory_order_relaxed);
      if (whole && context.push(bytes, Activity::push, context.taken))
        land(context, worker, block.end - block.begin, before);
      else
        context.report.dropped += block.end - block.begin;
    });
  }

  /// Exchanges the steps after the first `before` ones of this worker.
  void land(WorkerContext& context, std::size_t worker, std::size_t examples,
            std::uint64_t before) {
    Replica& replica = replicas_[worker];
    const std::uint64_t made = replica.made.load(std::memory_order_relaxed);
    // It counts from its first chunk on: a point of the curve must not have changes that it does
    // not count.
    context.updates.store(context.updates.load(std::memory_order_relaxed) + 1,
                          std::memory_order_relaxed);
    context.examples.store(context.examples.load(std::memory_order_relaxed) + examples,
                           std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);  // no change lands before its count
    const std::uint64_t staleness =
        shared_->exchange(replica, worker, workers(), context, context.taken);
    // In each chunk exchanges have an order of their own; their numbers are those of the first.
    const std::uint64_t update = replica.landed.front();
    context.track.note_update(update, staleness);
    context.note_staleness(staleness, made - before);
    context.report.last_update = update;
  }

  void close(Run&, RunOutcome& outcome) override {
    if (outcome.staleness_mode.empty() || workers() == 1 || shared_->is_exact()) return;
    outcome.staleness_mode = "bound";
  }

  std::vector<Replica> replicas_;
  std::unique_ptr<SharedParameters> shared_;
};

}  // namespace

std::unique_ptr<Backend> make_downpour(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<Downpour>(spec, problem);
}

}  // namespace sgdbench
