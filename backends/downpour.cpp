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
#include "backends/downpour.h"

#include <algorithm>

#include "backends/loops.h"
#include "backends/pooled_backend.h"
#include "backends/waiting.h"
#include "workloads/kernels/memory.h"

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
        context.compute->run_in_place(replica.state,
                                      in_place(run, block, rows, Access::exclusive, replica.made));
      });
      context.report.computed += block.end - block.begin;
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
    context.note_update();
    context.note_examples(examples);
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

namespace {

// T is Real or Vec.

/// shared ← shared + (w − base),  w, base ← shared
struct AddChanges {
  template <class T>
  void at(Real* shared, Real* w, Real* base) const {
    const T sum = plain::load<T>(shared) + (plain::load<T>(w) - plain::load<T>(base));
    racy::store(shared, sum);
    plain::store(w, sum);
    plain::store(base, sum);
  }
};

/// shared, base ← w
struct Put {
  template <class T>
  void at(Real* shared, const Real* w, Real* base) const {
    const T value = plain::load<T>(w);
    racy::store(shared, value);
    plain::store(base, value);
  }
};

/// shared ← w, where there is no other worker, and so nothing that differs from the base but w.
struct PutAlone {
  template <class T>
  void at(Real* shared, const Real* w, Real*) const {
    racy::store(shared, plain::load<T>(w));
  }
};

/// Does one of the above for `size` parameters.
template <class Exchange>
void exchange_all(const Exchange& exchange, Real* shared, Real* w, Real* base, std::size_t size) {
  std::size_t i = 0;
  for (; i + kLanes <= size; i += kLanes) exchange.template at<Vec>(shared + i, w + i, base + i);
  for (; i < size; ++i) exchange.template at<Real>(shared + i, w + i, base + i);
}

}  // namespace

SharedParameters::SharedParameters(std::span<Real> w)
    : w_(w), chunks_(std::max<std::size_t>(1, (w.size() + kChunk - 1) / kChunk)) {}

void SharedParameters::copy_to(Replica& replica, std::size_t state_size) const {
  replica.state.assign(state_size, Real(0));
  std::copy(w_.begin(), w_.end(), replica.state.begin());
  replica.base.assign(w_.begin(), w_.end());
  replica.landed.assign(chunks_.size(), 0);
  replica.made.store(0, std::memory_order_relaxed);
}

std::uint64_t SharedParameters::exchange(Replica& replica, std::size_t worker, std::size_t workers,
                                         WorkerContext& context, std::uint64_t gradient) {
  context.enter(Activity::push, gradient);
  std::uint64_t staleness = 0;
  const std::size_t first = worker * chunks_.size() / workers;
  for (std::size_t k = 0; k < chunks_.size(); ++k) {
    const std::size_t chunk = (first + k) % chunks_.size();
    const bool at_once =
        lock_or_wait(chunks_[chunk].mutex, [&] { context.enter(Activity::wait, gradient); });
    if (!at_once) context.enter(Activity::push, gradient);
    staleness = std::max(staleness, merge(replica, chunk, workers == 1));
    chunks_[chunk].mutex.unlock();
  }
  return staleness;
}

std::uint64_t SharedParameters::merge(Replica& replica, std::size_t chunk, bool alone) {
  const std::uint64_t others = chunks_[chunk].landed - replica.landed[chunk];
  const std::size_t begin = chunk * kChunk, size = std::min(kChunk, w_.size() - begin);
  const auto exchange = [&](const auto& how) {
    exchange_all(how, w_.data() + begin, replica.state.data() + begin, replica.base.data() + begin,
                 size);
  };
  if (alone)
    exchange(PutAlone{});
  else if (others == 0)
    exchange(Put{});
  else
    exchange(AddChanges{});
  replica.landed[chunk] = ++chunks_[chunk].landed;
  return others;
}

}  // namespace sgdbench
