// Lock-free asynchronous SGD on shared parameters: workers read and write them as they please.
//
// Source: Recht, Ré, Wright & Niu, "Hogwild!", NIPS 2011. Departures: rows come without replacement
// (an epoch visits each once), and a gradient of several rows, or of a network, is of a private
// copy of the parameters, and subtracted from what they are by then, coordinate by coordinate.
//
// Thread safety: the parameters, run.state, are shared and touched only through relaxed atomics or
// the helpers of workloads/kernels/memory.h. A stale or half-updated view is what the algorithm
// allows. All else that a worker writes is in its own context.
//
// There are no versions, so both are sampled, on one block in kSampleEvery examples, or on each
// where blocks are longer. Staleness: around its last update, the others' update counts are read
// before and after; the growth is τ. Lost updates: the writes of its first update are made by one
// compare-and-swap each, and a failure means that a plain store would have overwritten a concurrent
// change (it then does).
//
// Where gradients or messages are delayed, an update in place would read and write next to each
// other, however long it is said to take. There a worker reads, computes, waits and then writes,
// one update at a time, and every update is sampled. What the end of the run cuts short does not
// land.

#include <utility>

#include "backends/loops.h"
#include "backends/pooled_backend.h"

namespace sgdbench {
namespace {

constexpr std::size_t kSampleEvery = 512;  // examples

/// A run is spec.workers threads, each of which does work().
class Hogwild final : public PooledBackend {
 public:
  Hogwild(const RunSpec& spec, const Problem& problem)
      : PooledBackend(spec, problem), totals_(spec.workers) {}

 private:
  Partition partition(const RunSpec& spec) const override {
    if (spec.conditions.any()) return {spec.batch, 1};
    return in_place_partition(spec, problem().examples());
  }

  /// Trains block after block, until the run's examples are dealt out. A part is some
  /// consecutive mini-batches that no other worker has; the first of `rows` are its examples.
  void work(Run& run, std::size_t worker) override {
    WorkerContext& context = run.contexts[worker];
    const Access access = access_of(run);
    const Partition whole = partition(run.spec);
    const std::size_t sampled_blocks =
        std::max<std::size_t>(1, kSampleEvery / (whole.length * whole.batch));
    std::uint64_t seen = 0;  // the block that was looked at last: one part of it may be sampled
    train_blocks(run, context, access, [&](const Block& part, const auto& rows) {
      const bool first = context.taken != seen;
      seen = context.taken;
      if (run.spec.conditions.any())
        train_delayed(run, context, part, rows, access);
      else if (first && context.recording && (context.taken - 1) % sampled_blocks == 0)
        train_sampled(run, context, part, rows, access);
      else
        train(run, context, part, rows, access);
    });
  }

  /// A worker that is alone overwrites nobody: of what a rule remembers of examples, nothing need
  /// be exchanged or tried again.
  Access access_of(const Run& run) const {
    if (run.spec.write == "cas") return Access::racy_cas;
    return workers() == 1 && run.rule.remembers_examples() ? Access::exclusive : Access::racy_store;
  }

  /// One update after the other, written into the shared parameters as it is made. Where each is of
  /// one sparse row, that is OneRowWorker::run_in_place() (workloads/linear_sparse.cpp).
  static void train(Run& run, WorkerContext& context, const Block& part,
                    std::span<const std::uint32_t> rows, Access access,
                    WriteProbe* probe = nullptr) {
    context.compute->run_in_place(run.state,
                                  in_place(run, part, rows, access, context.updates, probe));
    context.report.computed += part.end - part.begin;
    context.note_examples(part.end - part.begin);
  }

  /// The first update under the probe, if there is more than one worker; the last one, for
  /// staleness, alone. It may be the same one.
  void train_sampled(Run& run, WorkerContext& context, Block part,
                     std::span<const std::uint32_t> rows, Access access) const {
    WriteProbe* probe = workers() > 1 ? &context.probe : nullptr;
    const auto take = [&](std::uint64_t updates, WriteProbe* watch) {
      Block one = part;
      one.end = part.begin + updates * part.batch;
      train(run, context, one, rows, access, watch);
      part.first_update += updates;
      part.begin = one.end;
      rows = rows.subspan(updates * part.batch);
    };
    if (probe != nullptr && part.updates() > 1) take(1, std::exchange(probe, nullptr));
    if (part.updates() > 1) take(part.updates() - 1, nullptr);
    const std::uint64_t before = others(run, context);
    take(1, probe);
    context.note_staleness(others(run, context) - before);
  }

  /// read → compute → wait → apply.
  void train_delayed(Run& run, WorkerContext& context, const Block& part,
                     std::span<const std::uint32_t> rows, Access access) {
    const std::uint64_t before = others(run, context);
    context.compute->prepare(rows.first(part.end - part.begin));
    context.compute->read(run.w(), access);
    if (!context.pull(context.compute->read_bytes(), Activity::compute, context.taken)) return;
    context.report.computed += part.end - part.begin;
    if (!context.injector.gradients(run.rule.evaluations(), [&] { context.compute->compute(); }) ||
        !context.push(context.compute->gradient_bytes(), Activity::compute, context.taken)) {
      context.report.dropped += part.end - part.begin;
      return;
    }
    const GradientSum gradient_sum = context.compute->gradient_sum();
    run.rule.land(run.state, gradient_sum, run.step(part.epoch, part.first_update), access,
                  context.recording && workers() > 1 ? &context.probe : nullptr,
                  &totals_[context.number]);
    context.note_staleness(others(run, context) - before);
    context.note_update();
    context.note_examples(gradient_sum.examples);
  }

  static std::uint64_t others(const Run& run, const WorkerContext& me) {
    return run.updates_now() - me.updates.load(std::memory_order_relaxed);
  }

  void close(Run& run, RunOutcome& outcome) override {
    if (!run.spec.recording) return;
    outcome.staleness_mode = "sampled";
    if (run.spec.write != "store") return;
    WriteProbe sum;
    for (const auto& context : run.contexts) {
      sum.writes += context.probe.writes;
      sum.lost += context.probe.lost;
    }
    outcome.lost_updates = sum.writes == 0 ? 0.0
                                           : static_cast<double>(outcome.updates) *
                                                 static_cast<double>(sum.lost) /
                                                 static_cast<double>(sum.writes);
  }

  std::vector<GradientTotal> totals_;  ///< each worker's, of a rule that needs one
};

}  // namespace

std::unique_ptr<Backend> make_hogwild(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<Hogwild>(spec, problem);
}

}  // namespace sgdbench
