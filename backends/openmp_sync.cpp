// Data-parallel synchronous SGD: P workers, P mini-batches at the same parameters, one averaged
// update. With P workers and batch b it is mini-batch SGD with batch P·b.
//
//   compute   every worker its own share of the round's examples, at w
//             (where messages are delayed, it pulls what it needs of w before and pushes its
//             gradient sum after)
//   barrier   (barrier.h; the threads are OpenMP's)
//   reduce    every worker its own slice of the coordinates, over all workers' gradient sums in
//             worker order: the result does not depend on timing
//   barrier
//
// There is no server, but there is one w: messages have the link of the memory where that lies, as
// those of bsp have the server's (conditions/link.h). So a round takes 2α + 2Pn/β beside computing,
// here and in a simulation of bsp; a ring or a tree is for the simulator alone (--all-reduce).
//
// Rounds come in blocks. Behind one, all meet once more: meanwhile the first worker looks at w,
// where a point of the curve lies there, and takes the next block.
//
// Thread safety: w is frozen between the second barrier and the next first one, and each slice has
// one writer between the first and the second. Gradient sums are read by all between the barriers
// and rewritten by their owners outside of them.

#include <algorithm>
#include <atomic>

#include "backends/barrier.h"
#include "backends/in_place.h"
#include "backends/pooled_backend.h"
#include "backends/topology.h"

namespace sgdbench {
namespace {

class OpenMpSync final : public PooledBackend {
 public:
  OpenMpSync(const RunSpec& spec, const Problem& problem)
      : PooledBackend(spec, problem, Threads::openmp),
        barrier_(spec.workers, spec.workers <= usable_cpus().size()),
        gradients_(spec.workers),
        sums_(spec.workers) {
    // Not while it is timed. A worker alone has nothing to add up.
    const auto rule = problem.make_rule(spec.rule);
    totals_ = spec.workers > 1 && (spec.batch == 1 || rule->remembers_examples());
    if (totals_) on_each_worker([&](std::size_t me) { rule->reserve(sums_[me]); });
  }

 private:
  /// A worker alone has nobody to meet and nothing to add up: mini-batch SGD, by the same loop as
  /// everywhere. Where messages or gradients are delayed, it is a round for each.
  static bool alone(const RunSpec& spec) { return spec.workers == 1 && !spec.conditions.any(); }

  Partition partition(const RunSpec& spec) const override {
    if (alone(spec)) return in_place_partition(spec, problem().examples());
    const std::size_t round = spec.batch * spec.workers;
    if (spec.conditions.any()) return {round, 1};
    return {round, std::max(kFewestRounds, kExamplesOfBlock / round)};
  }

  void open(Run& run) override {
    rest_ = {};
    is_cut_short_ = false;
    barrier_.reset();
    ticket_ = {&pulls_, pulls_.open()};
    if (!alone(run.spec)) more_ = run.take_rounds(run.contexts[0], rest_, block_);
  }

  void reopen(Run& run) override {
    if (!alone(run.spec)) more_ = run.take_rounds(run.contexts[0], rest_, block_);
  }

  void work(Run& run, std::size_t me) override {
    if (alone(run.spec)) return train_alone(run, run.contexts[me]);
    bool to_the_end = false;
    try {
      to_the_end = make_rounds(run, me);
    } catch (...) {
      run.fail(std::current_exception());
    }
    run.contexts[me].finish();
    if (!to_the_end) barrier_.leave(me);
  }

  /// False where another worker failed.
  bool make_rounds(Run& run, std::size_t me) {
    WorkerContext& context = run.contexts[me];
    std::uint64_t gradients = 0;
    const auto end = [&] {
      if (gradients != 0) context.note_staleness(0, gradients);
      return true;
    };
    while (more_) {
      const Block block = block_;  // the next one may be there before this worker's last round ends
      const EpochStep step = run.step_size.during(block.epoch);
      Block round = block;
      while (round.begin < block.end) {
        round.end = round.begin + round.batch;
        const std::uint64_t number = round.first_update + 1;  // of the gradient and of the update
        context.enter(Activity::compute, number);
        const std::size_t mine = compute(run, context, round, me);
        if (!meet(context, me, Activity::apply, number)) return false;
        if (is_cut_short_) {  // all see it, and the run ends
          context.report.dropped += mine;
          return end();
        }
        gradients += mine != 0;
        reduce(run, context, round, me, step.of(round.first_update));
        context.track.note_update(number, 0);
        if (!meet(context, me, Activity::compute)) return false;
        if (me < round.batch) run.rule.remember(run.state, gradients_[me]);
        round.begin = round.end;
        ++round.first_update;
      }
      if (me == 0) {
        run.observe(context, block, run.w(), Access::exclusive);
        more_ = run.take_rounds(context, rest_, block_);
      }
      if (!meet(context, me, Activity::compute)) return false;
    }
    return end();
  }

  /// The time until the last worker arrives is waiting. A worker alone has nobody to meet, nor to
  /// communicate with. False where one has failed: there is no other meeting.
  bool meet(WorkerContext& context, std::size_t me, Activity next, std::uint64_t gradient = 0) {
    if (workers() == 1) return true;
    if (!barrier_.arrive(me)) {
      context.enter(Activity::wait, gradient);
      barrier_.wait(me);
    }
    context.enter(next, gradient);
    return !barrier_.is_left();
  }

  /// Examples of this worker's share: none where there are fewer than workers, or where the
  /// parameters did not come.
  std::size_t compute(Run& run, WorkerContext& context, const Block& round, std::size_t me) {
    const Block mine = share_of(round, me, workers());
    if (mine.begin == mine.end) return 0;
    const std::uint64_t number = round.first_update + 1;
    const bool travels = context.injector.delays_messages();
    if (travels) {
      context.compute->prepare(run.rows(context, mine));
      context.compute->read(run.w(), Access::exclusive);
      if (!context.pull(context.compute->read_bytes(), Activity::compute, number, ticket_)) {
        is_cut_short_.store(true, std::memory_order_relaxed);
        return 0;
      }
    }
    const bool whole = context.injector.gradients(run.rule.evaluations(), [&] {
      if (travels) return context.compute->compute();
      context.compute->prepare(run.rows(context, mine));
      context.compute->compute_from(run.w());
    });
    gradients_[me] = context.compute->gradient_sum();
    if (!whole || !context.push(context.compute->gradient_bytes(), Activity::compute, number))
      is_cut_short_.store(true, std::memory_order_relaxed);
    context.report.computed += mine.end - mine.begin;
    return mine.end - mine.begin;
  }

  void reduce(Run& run, WorkerContext& context, const Block& round, std::size_t me,
              UpdateStep step) {
    // Slices start on cache lines, so that no line has two writers.
    const std::size_t n = problem().parameters();
    const std::size_t slice = padded_to_line((n + workers() - 1) / workers());
    const std::size_t begin = std::min(n, me * slice);
    const std::size_t active = std::min(workers(), round.end - round.begin);
    run.rule.apply(run.state, std::span(gradients_).first(active), begin,
                   std::min(n, begin + slice), step, Access::exclusive, nullptr,
                   totals_ ? &sums_[me] : nullptr);
    context.examples.store(context.report.computed, std::memory_order_relaxed);
    if (me != 0) return;
    ticket_.number = pulls_.open();  // nobody pulls now
    context.updates.store(round.first_update + 1, std::memory_order_relaxed);
    context.report.last_update = round.first_update + 1;
  }

  static constexpr std::size_t kExamplesOfBlock = 2048, kFewestRounds = 4;

  Barrier barrier_;
  std::vector<GradientSum> gradients_;
  std::vector<GradientTotal> sums_;  ///< each worker's, over its slice
  bool totals_ = false;              ///< whether gradient sums are added up there
  // Written by the first worker, while all others wait for it behind a block.
  Block block_, rest_;  ///< the rounds that are made next, and those of the plan behind them
  bool more_ = false;   ///< whether there are any
  /// The end of the run came before all of a round's time had passed: the round is no update.
  /// Relaxed: the barrier publishes it.
  std::atomic<bool> is_cut_short_{false};
  // Written by the first worker while all reduce.
  PullGroup pulls_;  ///< of a round
  PullTicket ticket_;
};

}  // namespace

std::unique_ptr<Backend> make_openmp_sync(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<OpenMpSync>(spec, problem);
}

}  // namespace sgdbench
