// Data-parallel synchronous SGD over processes: P ranks, P mini-batches at the same parameters, one
// averaged update. With P ranks and batch b it is openmp-sync with P workers, and mini-batch SGD
// with batch P·b.
//
//   compute   every rank its own share of the round's examples, at its copy of w
//   exchange  gradient sums over all ranks (gradient_exchange.h)
//   apply     every rank the same update to its copy
//
// Invariant: all copies of w are the same, to the bit, after every update; the end of each run
// checks it. So whatever depends on w alone is known to all without a word. What doesn't (the time,
// an interrupt, a failure) travels with the gradients: a round that is cut short anywhere lands
// nowhere, and one that is somebody's last is everybody's. What rank 0 sees in w itself, that it
// diverged, travels with the next round, so that one update more lands than among threads.
//
// One rank has nobody to meet: it is the sequential strategy.
//
// Thread safety: a rank computes on its main thread, which alone calls MPI.

#include <algorithm>
#include <bit>

#include "backends/mpi/communicator.h"
#include "backends/mpi/gradient_exchange.h"
#include "backends/mpi/orders.h"
#include "backends/mpi/rank_report.h"
#include "backends/run.h"
#include "backends/waiting.h"
#include "backends/worker_pool.h"
#include "results/text.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/names.h"

namespace sgdbench {

std::unique_ptr<Backend> make_sequential(const RunSpec&, const Problem&);

namespace {

/// What rank 0 has to know of each rank at the end.
struct RankReport {
  SpentTimes time;
  std::uint64_t applied, computed, dropped, gradients;
  Stopped reason;
};

class MpiAllReduce final : public Backend {
 public:
  /// By all ranks of the run, together.
  MpiAllReduce(const RunSpec& spec, const Problem& problem)
      : ranks_(first_ranks(spec.workers)), problem_(problem), contexts_(spec.workers) {
    core_ = core_of_rank(ranks_);
    ranks_.together([&] { prepare(spec); });
  }

  RunOutcome run(const RunSpec& spec, const std::atomic<bool>& interrupt,
                 const AtPoint& at_point) override {
    const TiedThread tied(spec.pin, core_);
    const FlushedDenormals flushed;
    // Rank 0 alone looks at the time, and at w, unless all have to stand still for that.
    RunSpec own = spec;
    if (!ranks_.is_first()) own.max_seconds = 0;
    if (!ranks_.is_first() && !at_point) own.evaluations = 1;
    const AtPoint none,
        together = [&](const Snapshot&seen) { return ends_at(ranks_, at_point, seen); };
    std::optional<Run> run;
    ranks_.together([&] {
      run.emplace(problem_, *rule_, own, partition(own), interrupt, at_point ? together : none,
                  contexts_);
    });
    ranks_.broadcast(run->w());
    run->record(0, 0, {run->w()}, Access::exclusive);
    if (run->pause)
      for (std::size_t r = 0; r < contexts_.size(); ++r)
        if (r != ranks_.rank()) run->pause->idle(r);
    exchange_->sleep(spec.conditions.any());
    gradients_ = landed_ = updates_ = 0;
    moving_ = 0;
    timed_ = untimed_ = 0;
    ranks_.barrier();
    run->begin(now());
    train(*run);
    return outcome(*run, tied.is_tied());
  }

 private:
  void prepare(const RunSpec& spec) {
    rule_ = problem_.make_rule(spec.rule);
    const auto& kernels = find_by_name(kernel_catalog(), "kernel set", spec.kernels);
    WorkerOptions options{rule_.get(), spec.batch, kernels.kernels};
    options.keeps_read = keeps_read(spec);
    auto& worker = contexts_[ranks_.rank()].compute;
    worker = problem_.make_worker(options);
    // Whether gradients are sparse, one of them says.
    AlignedVector<Real> w(problem_.parameters());
    const std::uint32_t first = 0;
    worker->prepare({&first, 1});
    worker->compute_from(w);
    exchange_ = std::make_unique<GradientExchange>(ranks_, spec.simulation.all_reduce, *rule_,
                                                   worker->gradient_sum().dense);
  }

  /// Blocks only save divisions: every round is a meeting.
  static Partition partition(const RunSpec& spec) {
    constexpr std::size_t kRounds = 16;
    return {spec.batch * spec.workers, kRounds};
  }

  void train(Run& run) {
    bool goes_on = true;
    for (std::uint64_t k = 0; goes_on && k < run.plan.blocks(); ++k) {
      const Block block = run.plan.block(k);
      const EpochStep step = run.step_size.during(block.epoch);
      Block round = block;
      while (goes_on && round.begin < block.end) {
        round.end = round.begin + round.batch;
        round.examples_after = block.examples_after - (block.end - round.end);
        goes_on = make_round(run, round, step.of(round.first_update));
        round.begin = round.end;
        ++round.first_update;
      }
    }
    WorkerContext& context = run.contexts[ranks_.rank()];
    context.finish();
    context.report.time.stop(context.time());
    context.track.close(context.time());
    if (timed_ == 0) return;
    const double each = static_cast<double>(moving_) / static_cast<double>(timed_);
    context.report.time.move(Phase::wait, Phase::communicate,
                             static_cast<Nanoseconds>(each * static_cast<double>(untimed_)));
  }

  /// Whether there is another.
  bool make_round(Run& run, const Block& round, UpdateStep step) {
    WorkerContext& context = run.contexts[ranks_.rank()];
    const std::uint64_t number = round.first_update + 1;
    context.enter(Activity::compute, number);
    const Block mine = share_of(round, ranks_.rank(), ranks_.size());
    RoundSignal signal;
    signal.cut = !compute(run, context, mine);
    signal.last = run.stop.should_stop();
    const GradientSum sum = context.compute->gradient_sum();
    signal = meet(run, context, number, [&] {
      const bool has_part = mine.begin != mine.end && !signal.cut;
      return exchange_->exchange(has_part ? &sum : nullptr, signal, round);
    });
    if (signal.cut) {
      context.report.dropped = context.report.computed - context.examples.load();
      return false;
    }
    // What goes wrong here on one rank cuts the next round short, or is found at the end.
    try {
      exchange_->apply(run.state, step);
      context.track.note_update(number, 0);
      land(context, mine, round);
      // The end of the run is a point too.
      if (!signal.last && (ranks_.is_first() || run.pause)) observe(run, context, round);
    } catch (...) {
      run.fail(std::current_exception());
    }
    context.enter(Activity::compute);
    // In a pause all ranks have seen the same; a failure is one rank's, and cuts the next round.
    const Stopped reason = run.stop.reason();
    const bool paused_for_good =
        run.pause && reason != Stopped::completed && reason != Stopped::failed;
    return !signal.last && !paused_for_good;
  }

  /// False where the gradient is none: its time did not pass whole, or it failed.
  bool compute(Run& run, WorkerContext& context, const Block& mine) {
    if (run.stop.reason() == Stopped::failed) return false;
    if (mine.begin == mine.end) return true;
    context.report.computed += mine.end - mine.begin;
    try {
      return context.injector.gradient([&] {
        context.compute->prepare(run.rows(context, mine));
        context.compute->compute_from(run.w());
      });
    } catch (...) {
      run.fail(std::current_exception());
      return false;
    }
  }

  /// The exchange, as waiting for the last rank to arrive and moving bytes. To tell the two apart
  /// takes a meeting beforehand, which costs a network's latency: some rounds have one, and what
  /// moving takes in them stands for all. Where ranks are watched, every round has one.
  template <class Move>
  RoundSignal meet(Run& run, WorkerContext& context, std::uint64_t number, Move move) {
    constexpr std::uint64_t kEvery = 32;
    const bool delayed = run.spec.conditions.any();
    // The first is slow for reasons of its own; of few, many are timed.
    const bool chosen = number > 1 && (std::has_single_bit(number) || number % kEvery == 0);
    const bool timed = run.spec.recording && (run.spec.timeline_slices > 0 || chosen);
    context.enter(Activity::wait, number);
    if (timed && delayed) {
      MPI_Request request;
      MPI_Ibarrier(ranks_.raw(), &request);
      wait_sleeping(request, kShortSleep);
    } else if (timed) {
      ranks_.barrier();
    }
    if (timed) context.enter(Activity::push, number);
    const Nanoseconds begun = timed ? context.time() : 0;
    const RoundSignal signal = move();
    if (timed) moving_ += context.time() - begun;
    ++(timed ? timed_ : untimed_);
    context.enter(Activity::apply, number);
    return signal;
  }

  void land(WorkerContext& context, const Block& mine, const Block& round) {
    landed_ += round.end - round.begin;
    updates_ = round.first_update + 1;
    if (mine.begin != mine.end) ++gradients_;
    context.examples.store(context.report.computed, std::memory_order_relaxed);
    context.report.last_update = updates_;
  }

  void observe(Run& run, WorkerContext& context, const Block& round) {
    const std::uint64_t after = round.examples_after;
    run.observe(context, after - (round.end - round.begin), after, Access::exclusive,
                Activity::compute, [&] {
                  return View{run.w(), updates_, landed_};
                });
  }

  /// On every rank that of all.
  RunOutcome outcome(Run& run, bool pinned) {
    ranks_.together([&] { run.rethrow(); });
    WorkerContext& context = run.contexts[ranks_.rank()];
    RankReport mine{};
    mine.time = SpentTimes(context.report.time);
    mine.applied = context.examples.load(std::memory_order_relaxed);
    mine.computed = context.report.computed;
    mine.dropped = context.report.dropped;
    mine.gradients = gradients_;
    mine.reason = run.stop.reason();
    const auto all = gathered(ranks_, mine);

    RunOutcome result;
    result.pinned = pinned;
    result.updates = updates_;
    result.paused = run.pause != nullptr;
    result.stopped = mine.reason;
    if (run.spec.recording) result.staleness_mode = "exact";
    for (const RankReport& rank : all) {
      result.wall = std::max(result.wall, rank.time.elapsed());
      if (result.stopped == Stopped::completed) result.stopped = rank.reason;
    }
    for (std::size_t r = 0; r < all.size(); ++r)
      result.workers.push_back(report_of(all[r], r, run.spec.recording, result));
    run.record(run.curve.last(), result.wall, {run.w(), updates_, landed_}, Access::exclusive);
    if (result.stopped == Stopped::completed) result.stopped = run.stop.reason();
    result.curve = run.curve.take();
    check_copies(run.state);
    if (run.spec.timeline_slices > 0)
      result.timeline.tracks = gathered_tracks(ranks_, context.track, run.spec.timeline_slices);
    return result;
  }

  /// Rank 0 completes all updates.
  WorkerReport report_of(const RankReport& rank, std::size_t number, bool recording,
                         const RunOutcome& of) const {
    WorkerReport report;
    report.time = rank.time.stopwatch(of.wall);
    report.applied = rank.applied;
    report.computed = rank.computed;
    report.dropped = rank.dropped;
    report.updates = number == 0 ? of.updates : 0;
    report.last_update = of.updates;
    if (recording && rank.gradients > 0) report.staleness.add(0, rank.gradients);
    return report;
  }

  void check_copies(std::span<const Real> state) const {
    const auto bytes = std::as_bytes(state);
    const auto hashes = ranks_.gather(
        hex_text(text_number({reinterpret_cast<const char*>(bytes.data()), bytes.size()})));
    for (std::size_t r = 1; r < hashes.size(); ++r)
      if (hashes[r] != hashes[0])
        throw SharedTrouble("the parameters of " + ranks_.name_of(r) +
                            " differ from rank 0's: processors or libraries there round "
                            "differently");
  }

  const Communicator& ranks_;
  const Problem& problem_;
  std::size_t core_ = 0;  // which of this process's, where it is tied to one
  std::unique_ptr<const Rule> rule_;
  std::vector<WorkerContext> contexts_;  // of all ranks, of which this one's computes
  std::unique_ptr<GradientExchange> exchange_;
  std::uint64_t gradients_ = 0;             // of this rank that landed
  std::uint64_t landed_ = 0, updates_ = 0;  // examples of all ranks; updates
  Nanoseconds moving_ = 0;                  // in the rounds that were timed
  std::uint64_t timed_ = 0, untimed_ = 0;
};

std::unique_ptr<Backend> make_over_ranks(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<MpiAllReduce>(spec, problem);
}

}  // namespace

std::unique_ptr<Backend> make_mpi_allreduce(const RunSpec& spec, const Problem& problem) {
  if (spec.workers == 1) return make_sequential(spec, problem);
  return led(spec, problem, make_over_ranks);
}

}  // namespace sgdbench
