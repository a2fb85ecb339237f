// One run from start to end, as all strategies share it: the plan of work, the order of examples,
// the parameters, the loss curve, each worker's means and records. What a strategy adds is the loop
// of one worker.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "backends/backend.h"
#include "backends/conditions/injector.h"
#include "backends/curve.h"
#include "backends/stop.h"
#include "backends/waiting.h"
#include "backends/work_queue.h"
#include "results/timeline.h"
#include "workloads/problem.h"
#include "workloads/sample_order.h"

namespace sgdbench {

/// What one worker owns. On cache lines of its own, so that no recording disturbs another worker.
struct alignas(64) WorkerContext {
  std::unique_ptr<Worker> compute;
  std::vector<std::uint32_t> rows;  ///< the row numbers of the current block
  WorkerReport report;
  Track track;  ///< what is recorded of the timeline
  WriteProbe probe;
  std::uint64_t taken = 0;  ///< blocks taken so far

  // Written by one thread at a time (this worker, or whoever holds the server's lock) and read by
  // others who only watch: relaxed, a stale count is a count of a moment ago.
  alignas(64) std::atomic<std::uint64_t> updates{0};
  std::atomic<std::uint64_t> examples{0};

  bool recording = true;   ///< RunSpec::recording
  std::size_t number = 0;  ///< of this worker
  Pause* pause = nullptr;  ///< where workers may be asked to stand still
  /// In place of the report's own, where one histogram is kept for several workers.
  StalenessHistogram* staleness = nullptr;
  Injector injector;  ///< makes gradients and messages as slow as the run's conditions say

  void reset(const RunSpec& spec, std::size_t worker, Pause* shared_pause, StopControl& stop,
             SharedLink& link);
  Nanoseconds time() const { return pause ? pause->clock() : now(); }
  /// Begins an activity for the worker's gradient of this number (0: none). Whoever waits stands
  /// still; whoever goes on may have to. Within a phase only the timeline knows the difference:
  /// without one, no time is read.
  void enter(Activity activity, std::uint64_t gradient = 0) {
    if (!recording) return;
    if (track.records() || phase_of(activity) != report.time.phase()) switch_to(activity, gradient);
  }
  void enter(Phase phase) { enter(activity_of(phase)); }
  /// The same for what is too short to be worth a reading of the clock unless there is a timeline:
  /// elsewhere it counts to the phase before.
  void mark(Activity activity, std::uint64_t gradient = 0) {
    if (track.records()) switch_to(activity, gradient);
  }
  /// Begins an activity at a time that has been read.
  void enter_at(Activity activity, Nanoseconds time, std::uint64_t gradient = 0) {
    report.time.enter(phase_of(activity), time);
    if (track.records()) track.enter(activity, time, gradient);
  }
  /// Injector::pull() and push(), as what the worker does for this gradient; it goes on with
  /// `next`. False where its time did not pass whole.
  bool pull(std::uint64_t bytes, Activity next, std::uint64_t gradient = 0,
            PullTicket ticket = {}) {
    return message(Activity::pull, gradient, next, [&] { return injector.pull(bytes, ticket); });
  }
  bool push(std::uint64_t bytes, Activity next, std::uint64_t gradient = 0) {
    return message(Activity::push, gradient, next, [&] { return injector.push(bytes); });
  }
  /// A contact with what workers share, which may be shorter than a reading of the clock takes:
  /// where it is not `timed`, those that are stand for it, and finish() books what it took. One
  /// that had to wait is always timed, and stands for none, as none like it goes untimed. In a
  /// contact that has begun, it goes on.
  void begin_contact(bool timed, bool free, Activity activity, std::uint64_t gradient) {
    contacts_.stands_for_others = timed && free && !contacts_.timing;
    contacts_.timing |= timed || !free || track.records();
    if (!contacts_.timing) return;
    contacts_.before = report.time.spent(Phase::communicate);
    enter(activity, gradient);
  }
  /// The contact that has begun goes on after a wait: what is timed of it then is a part, which
  /// stands for no other.
  void interrupt_contact() {
    contacts_.timing = true;
    contacts_.stands_for_others = false;
  }
  void end_contact(std::uint64_t gradient) {
    enter(Activity::compute, gradient);  // no reading where that is what the clock ran for
    if (!std::exchange(contacts_.timing, false)) return static_cast<void>(++contacts_.untimed);
    if (!std::exchange(contacts_.stands_for_others, false)) return;
    contacts_.spent += report.time.spent(Phase::communicate) - contacts_.before;
    ++contacts_.timed;
  }
  /// The rest of the run, or of a segment of it, is waiting for the others.
  void finish() {
    switch_to(Activity::wait, 0);
    const auto contacts = std::exchange(contacts_, {});
    if (contacts.timed == 0) return;
    const double each = static_cast<double>(contacts.spent) / static_cast<double>(contacts.timed);
    report.time.move(Phase::compute, Phase::communicate,
                     static_cast<Nanoseconds>(each * static_cast<double>(contacts.untimed)));
  }
  /// An update landed with so many of this worker's examples and gradients.
  void note_landing(std::uint64_t update, std::uint64_t tau, std::size_t count,
                    std::uint64_t gradients) {
    note_examples(count);
    if (gradients != 0) note_staleness(tau, gradients);
    report.last_update = update;
  }
  /// So many of this worker's examples landed.
  void note_examples(std::size_t count) {
    examples.store(examples.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  /// This worker completed an update.
  void note_update() {
    updates.store(updates.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  /// So many mini-batch gradients landed with this staleness.
  void note_staleness(std::uint64_t tau, std::uint64_t gradients = 1) {
    if (recording) (staleness ? *staleness : report.staleness).add(tau, gradients);
  }

 private:
  template <class Wait>
  bool message(Activity activity, std::uint64_t gradient, Activity next, Wait wait) {
    if (!injector.delays_messages()) return true;
    enter(activity, gradient);
    const Injector::Passage passage = wait();
    // What passed is known afterwards. A wait that was cut short did not get that far.
    if (const auto [begin, end] = passage.queue; recording && begin < end) {
      const Nanoseconds until = time();
      enter_at(Activity::queue, std::min(begin, until), gradient);
      enter_at(activity, std::min(end, until), gradient);
    }
    enter(next, gradient);
    return passage.whole;
  }
  void switch_to(Activity activity, std::uint64_t gradient) {
    if (pause && activity == Activity::wait) pause->idle(number);
    if (pause && activity != Activity::wait) pause->busy(number);
    enter_at(activity, time(), gradient);
  }

  struct Contacts {
    bool timing = false, stands_for_others = false;
    Nanoseconds before = 0, spent = 0;  ///< communicating: before this one; in those timed
    std::uint64_t timed = 0, untimed = 0;
  } contacts_;
};

/// How a strategy cuts its work.
struct Partition {
  std::size_t batch = 1;   ///< examples of one update
  std::size_t length = 1;  ///< updates that a worker makes before it asks for more
  /// What RunSpec::updates counts: a block is one update where replicas travel.
  WorkPlan::Limit limit = WorkPlan::Limit::mini_batches;
};

/// Where nothing else is asked for, a curve has a point for every epoch; where it is to tell when a
/// target was reached, several, and at least kFewestToTarget in all. Never more than kUsualPoints.
inline constexpr std::size_t kUsualPoints = 100, kPerEpochToTarget = 4, kFewestToTarget = 10;

/// Inner points and end of the curve of a run over `planned` examples: what the spec asks for, or
/// the above, by the epochs begun.
std::size_t curve_points(const RunSpec& spec, std::uint64_t planned, std::size_t examples);

/// What a point of the curve shows: parameters, and what has landed in them.
struct View {
  std::span<const Real> w;  ///< the front of a state
  std::uint64_t updates = 0;
  std::uint64_t examples = 0;
};

/// Thread safety: each context belongs to one worker; the rest is immutable during the run, or
/// synchronised as its class says, or (state) owned as the strategy says.
class Run {
 public:
  /// `at_point` as in Backend::run(); it must outlive the run.
  Run(const Problem& problem, const Rule& rule, const RunSpec& spec, Partition partition,
      const std::atomic<bool>& interrupt, const AtPoint& at_point,
      std::vector<WorkerContext>& contexts);

  const Problem& problem;
  const Rule& rule;
  const RunSpec& spec;
  WorkPlan plan;  ///< immutable but in open_next()
  const SampleOrder order;
  const std::unique_ptr<Pause> pause;  ///< null where points are copied on the way
  StopControl stop;
  SharedLink link;  ///< of all messages
  CurveRecorder curve;
  std::vector<WorkerContext>& contexts;
  const StepSize step_size;   ///< the spec's, with what the plan says of it
  AlignedVector<Real> state;  ///< [w | state of the rule]
  Nanoseconds start = 0;      ///< set by begin(), before any worker's loop
  /// The timeline of a server, where a strategy has one and called keep_server_track(); written
  /// under the server's lock.
  Track server_track;

  /// Makes room for the server's slices, where there is a timeline; before the workers start.
  void keep_server_track();
  /// When something that note_apply() is to be told of began; 0 where nobody will know.
  Nanoseconds apply_begins(const WorkerContext& context) const {
    return server_track.records() ? context.time() : 0;
  }
  /// On the server's track: an update was applied from `begun` until now, by the worker in
  /// `context`.
  void note_apply(const WorkerContext& context, Nanoseconds begun, std::uint64_t update,
                  std::uint64_t staleness);

  /// Starts the clock of the run and of every worker.
  void begin(Nanoseconds now);
  /// A worker threw `error`: the run ends, and the first one is its caller's. Any worker may call.
  void fail(std::exception_ptr error);
  /// After the join: throws what a worker threw.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

  std::span<Real> w() { return std::span(state).first(problem.parameters()); }

  /// Whether its rule asks for full gradients, one before the first update.
  bool makes_full_gradients() const { return makes_full_gradients_; }
  /// Goes on to the next segment; false where there is none. By one thread, while nobody takes.
  bool open_next();

  /// Takes the next block for `worker`; false when the segment is done or the run must stop.
  bool take(std::size_t worker, Block& block);
  /// Whether `worker` may begin something; stands still where there is a pause.
  bool may_go_on(std::size_t worker) {
    if (pause) pause->rest(worker);
    return !stop.should_stop();
  }
  /// Takes off `rest`, which a worker trains in place, what ends with the first mini-batch that
  /// reaches a point of the curve, or all of it; false when nothing is left or the run has stopped.
  /// So the curve can be finer than the blocks, and who takes which examples is its own matter.
  /// At most `longest` examples or a mini-batch; a block that is one update stays whole.
  bool next_part(Block& rest, Block& part, std::uint64_t longest = kAnyLength) const;
  static constexpr std::uint64_t kAnyLength = std::numeric_limits<std::uint64_t>::max();
  /// How long a part may be: short where others would stand still until it is done.
  std::uint64_t longest_part() const {
    constexpr std::uint64_t kExamplesBetweenRests = 128;
    return pause && contexts.size() > 1 ? kExamplesBetweenRests : kAnyLength;
  }
  /// Takes the next rounds for all workers, who take part in every one of them, up to a point of
  /// the curve; `rest` is what was taken of the plan and not given out yet. False as above.
  bool take_rounds(WorkerContext& context, Block& rest, Block& rounds);
  /// The rows of a block, in the context's own memory.
  std::span<const std::uint32_t> rows(WorkerContext& context, const Block& block) const;

  /// The step size of step t in an epoch, damped for its staleness. t counts the steps that the
  /// parameters have seen: updates where gradients are applied to shared parameters; where replicas
  /// are trained, the mini-batch steps before this one in the plan.
  UpdateStep step(std::uint64_t epoch, std::uint64_t t, std::uint64_t staleness = 0) const {
    return step_size.during(epoch).of(t, step_size.damping(staleness));
  }

  /// Where what is finished crosses a point of the curve: copies w on the observe phase, or
  /// evaluates it in a pause, and stops the run if w is no longer finite or the pause found that it
  /// should. Of several points that are crossed at once it is the last. What comes afterwards is
  /// `next`.
  void observe(WorkerContext& context, const Block& done, std::span<const Real> w, Access access,
               Activity next = Activity::compute) {
    const auto size = done.end - done.begin;
    observe(context, done.examples_after - size, done.examples_after, w, access, next);
  }
  /// The same where the examples that landed went from `before` to `after`.
  void observe(WorkerContext& context, std::uint64_t before, std::uint64_t after,
               std::span<const Real> w, Access access, Activity next);
  /// The same where look() says what is shown: a View. Of several workers one looks at a time, so
  /// that a later point never counts less than an earlier one.
  template <class Look>
  void observe(WorkerContext& context, std::uint64_t before, std::uint64_t after, Access access,
               Activity next, Look look) {
    const std::size_t point = curve.crossed(before, after);
    if (point == 0) return;
    if (pause) {
      context.enter_at(Activity::observe, context.time());
      pause->hold(context.number, [&](Nanoseconds time) {
        if (stop.reason() == Stopped::completed) show(point, time - start, look(), access);
      });
    } else {
      const std::lock_guard lock(observing_);
      const Nanoseconds begun = context.time();
      context.enter_at(Activity::observe, begun);
      record(point, begun - start, look(), access);
    }
    context.enter_at(next, context.time());
  }
  /// The same for one who has no thread and no clock: `time` is that of the point.
  void observe_at(Nanoseconds time, std::uint64_t before, std::uint64_t after);

  /// Puts what is shown, or the mean of iterates up to it where the rule keeps one, into a point of
  /// the curve; stops the run if w is not finite.
  void record(std::size_t point, Nanoseconds time, const View& shown, Access access);

  std::uint64_t updates_now() const;  ///< over all workers, a moment ago
  std::uint64_t examples_now() const;

 private:
  View view(std::span<const Real> w) const { return {w, updates_now(), examples_now()}; }
  void show(std::size_t point, Nanoseconds time, const View& view, Access access);

  const bool makes_full_gradients_;
  const bool blocks_are_updates_;
  const AtPoint& at_point_;
  std::exception_ptr error_;  // guarded by observing_
  std::mutex observing_;
  alignas(64) std::atomic<std::uint64_t> next_{0};
};

}  // namespace sgdbench
