// SGD around a server (server.h) under any protocol: each worker pulls the coordinates that its
// mini-batch touches, computes, and pushes its gradient; or, where replicas travel, trains one and
// pushes that.
//
// Source: Li et al., "Scaling distributed machine learning with the parameter server", OSDI 2014;
// Ho et al., "More effective distributed ML via a stale synchronous parallel parameter server",
// NIPS 2013. The lock-based strategy is the same loop with the protocol that never waits:
// consistent asynchronous SGD as in Langford, Smola & Zinkevich, "Slow learners are fast", NIPS
// 2009.
//
// The server has no thread of its own: a worker that pushes does the server's work, inside its
// lock. What a protocol cancels is noticed by its worker at its next contact, or while it sleeps.
//
// Thread safety: Context::may_go, waiting and cancelled, and the last two members of the strategy,
// belong to whoever holds the lock; all else of a Context belongs to its worker.

#include <mutex>
#include <utility>

#include "backends/adaptive_wait.h"
#include "backends/in_place.h"
#include "backends/pooled_backend.h"
#include "backends/read_compute_commit.h"
#include "backends/server.h"
#include "backends/strategies.h"

namespace sgdbench {
namespace {

/// Where one worker stands with the server.
struct alignas(64) Context {
  Task task;       ///< what it took last: a block, or its share of a round
  BlockWalk walk;  ///< of that, where gradients travel
  Work next;       ///< what it pulls for next; what it pulled for, the server knows
  bool has_next = false, has_pulled = false;
  bool may_go = true;              ///< the protocol lets it start
  bool waiting = false;            ///< for `release`
  bool cancelled = false;          ///< nobody wants what it works on
  std::uint64_t gradient = 0;      ///< number of what it works on among this worker's, from 1
  std::atomic<bool> woken{false};  ///< `release` is to be raised
  Signal release;
  StoredGradient stored;        ///< what it pushes, where it goes on while that is held
  AlignedVector<Real> replica;  ///< [w | state of the rule], where replicas travel
};

class ParameterServer final : public PooledBackend {
 public:
  ParameterServer(const RunSpec& spec, const Problem& problem, std::string protocol)
      : PooledBackend(spec, problem), protocol_(std::move(protocol)), contexts_(workers()) {}

  // What the loop asks for (read_compute_commit.h).

  /// The first pull was made by open(), where there was something to pull for.
  bool begin(Course& course, std::size_t worker) {
    if (!contexts_[worker].has_pulled) return contact(course, worker, [] {});
    course.seats[worker].enter(Activity::compute, contexts_[worker].gradient);
    return true;
  }
  std::size_t gradients(std::size_t worker) const {
    return replicas_ ? contexts_[worker].task.steps : 1;
  }
  std::uint64_t number(std::size_t worker) const { return contexts_[worker].gradient; }
  std::uint64_t pull_bytes(Course& course, std::size_t worker) const {
    return replicas_ ? std::span(course.state).size_bytes()
                     : course.seats[worker].compute->read_bytes();
  }
  std::uint64_t push_bytes(Course& course, std::size_t worker) const {
    return replicas_ ? std::span(course.state).size_bytes()
                     : course.seats[worker].compute->gradient_bytes();
  }
  void compute(Course& course, std::size_t worker) {
    Seat& seat = course.seats[worker];
    if (replicas_) return train_replica(course, seat, contexts_[worker]);
    const std::size_t examples = server_->work(worker).examples;
    if (examples != 0) seat.compute->compute();
    seat.report.computed += examples;
  }
  /// One critical section where the protocol allows: push, and pull for the next work.
  bool commit(Course& course, std::size_t worker, bool computed) {
    const Push push = computed ? make_push(course, worker) : Push{};
    if (takes_ahead_) contexts_[worker].has_next = take(course, worker);
    return contact(course, worker, [&] { deliver(course, worker, push, computed); });
  }

 private:
  using Lock = std::unique_lock<std::mutex>;

  Cut cut(const RunSpec& spec) const override {
    const auto traits = make_protocol(protocol_, spec.workers)->traits();
    return pushes_blocks(traits) ? committing_cut(spec, problem().examples())
                                 : cut_for(traits, spec);
  }

  /// Every worker's first pull is made here, off the clock: all of them start from version 0.
  void open(Course& course) override {
    server_ = std::make_unique<Server>(make_protocol(protocol_, workers()), workers(), course.state,
                                       problem().parameters(), course.spec.rule, course.step_size);
    const auto& traits = server_->traits();
    replicas_ = traits.exchange != Exchange::gradient;
    // Who may have to wait takes nothing with it where those that are idle could need it: an update
    // that lacks that gradient would never come, or be made without it when they retire.
    takes_ahead_ =
        traits.overlaps || (!traits.cancels && (traits.whole_rounds || traits.arrivals == 1));
    queue_ = std::make_unique<WorkQueue>(course.plan, traits.arrivals, course.spec.assign,
                                         workers(), pushes_blocks(traits));
    if (traits.overlaps) {
      server_->reserve_copies();
      for (auto& context : contexts_) context.stored.reserve(problem().parameters());
    }
    next_point_ = course.curve.next_after(0);
    course.keep_server_track();
    for (std::size_t w = 0; w < workers(); ++w) {
      Context& context = contexts_[w];
      context.may_go = true;
      context.waiting = context.cancelled = false;
      context.gradient = 0;
      context.walk = {};
      if (replicas_) {
        context.replica = course.state;
        course.seats[w].report.local_steps = 0;
      }
      context.has_pulled = context.has_next = take(course, w);
      if (context.has_next) pull(course, w);
    }
  }

  void work(Course& course, std::size_t worker) override {
    Seat& seat = course.seats[worker];
    try {
      read_compute_commit(*this, course, worker);
      Lock lock = enter(seat, true, Activity::push, 0);
      if (server_->retire(worker) && running(course)) update(course, seat);
      release(course);
      leave(course, lock);
    } catch (...) {
      course.fail(std::current_exception());
      Lock lock = enter(seat, true, Activity::push, 0);
      release(course);  // nobody waits for it
      leave(course, lock);
    }
    seat.finish();
  }

  /// What was held when the run was stopped lands nowhere.
  void close(Course&, RunOutcome& outcome) override {
    for (const auto& held : server_->held())
      outcome.workers[held.worker].dropped += held.work.examples;
  }

  /// Whether a worker takes several mini-batches at once, each of which it pushes on its own.
  static bool pushes_blocks(const ProtocolTraits& traits) {
    return traits.exchange == Exchange::gradient && traits.arrivals == 1 && !traits.cancels &&
           !traits.discards;
  }
  static bool running(const Course& course) { return course.stop.reason() == Stopped::completed; }

  /// The next work of `worker`, prepared; false where there is none.
  bool take(Course& course, std::size_t worker) {
    if (!course.may_go_on(worker)) return false;
    Seat& seat = course.seats[worker];
    Context& context = contexts_[worker];
    if (context.walk.advance()) {
      ++context.next.number;
    } else if (!take_task(course, worker)) {
      return false;
    }
    if (!replicas_ && context.next.examples != 0) seat.compute->prepare(context.walk.rows());
    return true;
  }
  bool take_task(Course& course, std::size_t worker) {
    Context& context = contexts_[worker];
    const auto task = queue_->next(worker);
    if (!task) return false;
    context.task = *task;
    context.next = {task->number, task->round.epoch, task->examples, task->gradients()};
    if (replicas_) return true;
    const bool blocks = pushes_blocks(server_->traits());
    Stretch block = blocks ? task->round : task->step(0);
    if (blocks)
      context.next = {block.first_update, block.epoch, block.batch, 1};
    else
      block.batch = task->examples;  // no matter whose share it is
    if (task->examples != 0) context.walk = {block, course.rows(course.seats[worker], block)};
    return true;
  }

  static void train_replica(Course& course, Seat& seat, Context& context) {
    std::atomic<std::uint64_t> made{0};
    for (std::size_t k = 0; k < context.task.steps; ++k) {
      Stretch step = context.task.step(k);
      if (step.begin == step.end) continue;
      step.batch = step.end - step.begin;
      train_in_place(course, seat, step, course.rows(seat, step),
                     {context.replica, Access::exclusive, &made});
    }
    *seat.report.local_steps += made.load(std::memory_order_relaxed);
  }

  /// Made outside the lock, with all that it takes.
  Push make_push(Course& course, std::size_t worker) {
    Push push;
    if (replicas_ || server_->work(worker).examples == 0) return push;
    Worker& maker = *course.seats[worker].compute;
    if (server_->lands_alone()) {
      push.maker = &maker;
    } else if (server_->traits().overlaps) {
      contexts_[worker].stored.assign(maker.gradient_sum());
      push.stored = &contexts_[worker].stored;
    } else {
      push.gradient_sum = maker.gradient_sum();
    }
    return push;
  }

  /// Under the lock: deliver(), then the next turn.
  template <class Deliver>
  bool contact(Course& course, std::size_t worker, Deliver deliver) {
    Seat& seat = course.seats[worker];
    Context& context = contexts_[worker];
    // Of the contacts of a block the first is timed.
    const bool timed = !context.has_next || context.walk.at_first();
    const Activity first = context.gradient == 0 ? Activity::fetch : Activity::push;
    Lock lock = enter(seat, timed, first, context.gradient);
    deliver();
    const bool more = next_turn(course, worker, lock);
    leave(course, lock);
    seat.end_contact(context.gradient);
    return more;
  }

  /// Hands over what was computed, unless nobody wants it any more.
  void deliver(Course& course, std::size_t worker, const Push& push, bool computed) {
    Seat& seat = course.seats[worker];
    Context& context = contexts_[worker];
    const std::size_t examples = server_->work(worker).examples;
    if (context.cancelled || !running(course)) {
      if (std::exchange(context.cancelled, false)) seat.injector.renew();
      if (computed) seat.report.dropped += examples;
      return;
    }
    context.may_go = false;
    const std::uint64_t becomes = server_->version() + 1, tau = server_->staleness(worker);
    const Decision decision = server_->arrive(worker, push);
    if (decision == Decision::discard) {
      seat.report.dropped += examples;
      give_back(worker);
    } else {
      seat.track.note_update(becomes, tau);
    }
    if (decision == Decision::apply) update(course, seat);
    release(course);
  }

  void update(Course& course, Seat& seat) {
    for (const auto worker : server_->cancel_rest()) {
      give_back(worker);
      contexts_[worker].cancelled = true;
      course.seats[worker].injector.cancel();
      wakes_ = true;
    }
    const Nanoseconds begun = course.apply_begins(seat);
    const auto landed = server_->update(replica_of_);
    course.note_apply(seat, begun, server_->version(), server_->stalest());
    book(course, *server_, *queue_, landed);
    if (server_->landed() < next_point_) return;
    course.observe(seat, server_->landed_before(), server_->landed(), course.w(), Access::exclusive,
                   Phase::communicate);
    next_point_ = course.curve.next_after(server_->landed());
  }

  void give_back(std::size_t worker) {
    queue_->give_back(worker, server_->work(worker).number);
    work_returned_ = true;
  }

  /// Lets go whom the protocol released; where work came back or none will any more, everybody who
  /// waits looks again.
  void release(Course& course) {
    for (const auto worker : server_->released()) {
      contexts_[worker].may_go = true;
      wake(contexts_[worker]);
    }
    const bool all =
        std::exchange(work_returned_, false) || (server_->may_return_work() && finished());
    if (all || !running(course))
      for (auto& context : contexts_) wake(context);
  }
  void wake(Context& context) {
    if (!std::exchange(context.waiting, false)) return;
    context.woken.store(true, std::memory_order_relaxed);
    wakes_ = true;
  }
  /// Ends the critical section, and wakes who waits or sleeps for nothing any more: outside of it,
  /// so that nobody waits for the system's calls, nor wakes up to find the lock taken. Relaxed: who
  /// is marked was marked under the lock, and of several who look one raises the signal.
  void leave(Course& course, Lock& lock) {
    const bool wakes = std::exchange(wakes_, false);
    lock.unlock();
    if (!wakes) return;
    for (std::size_t w = 0; w < workers(); ++w) {
      course.seats[w].injector.wake_cancelled();
      if (contexts_[w].woken.exchange(false, std::memory_order_relaxed))
        contexts_[w].release.raise();
    }
  }

  bool finished() const { return server_->landed_work() == queue_->tasks(); }
  /// Whether there may be work later for somebody for whom there is none now. Who keeps to a share
  /// of its own has nothing out then that could come back.
  bool may_get_more(const Course& course) const {
    return server_->may_return_work() && !finished() && course.spec.assign == Assign::dynamic;
  }

  /// Waits until `worker` may start and has work, and pulls for it; false when there is nothing
  /// more to do.
  bool next_turn(Course& course, std::size_t worker, Lock& lock) {
    Context& context = contexts_[worker];
    while (running(course)) {
      if (context.may_go) {
        if (context.has_next || take(course, worker)) {
          pull(course, worker);
          return true;
        }
        if (!may_get_more(course)) return false;
      }
      wait(course, worker, lock);
    }
    return false;
  }

  void pull(Course& course, std::size_t worker) {
    Context& context = contexts_[worker];
    context.has_next = false;
    course.seats[worker].mark(Activity::fetch, ++context.gradient);
    server_->pull(worker, context.next);
    if (server_->traits().exchange == Exchange::average)
      std::copy(course.state.begin(), course.state.end(), context.replica.begin());
    else if (!replicas_ && context.next.examples != 0)
      course.seats[worker].compute->read(course.w(), Access::exclusive);
  }

  void wait(Course& course, std::size_t worker, Lock& lock) {
    Seat& seat = course.seats[worker];
    Context& context = contexts_[worker];
    context.waiting = true;
    context.release.clear();
    leave(course, lock);
    seat.enter(Phase::wait);
    context.release.wait();
    lock = enter(seat, true, Activity::fetch, 0);
  }
  Lock enter(Seat& seat, bool timed, Activity activity, std::uint64_t gradient) {
    const bool free = lock_or_wait(mutex_, [&] { seat.enter(Activity::wait); });
    seat.begin_contact(timed || !free, activity, gradient);
    return Lock(mutex_, std::adopt_lock);
  }

  std::string protocol_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<WorkQueue> queue_;
  const Server::ReplicaOf replica_of_ = [this](const Held& held) -> std::span<Real> {
    return contexts_[held.worker].replica;
  };
  bool replicas_ = false, takes_ahead_ = false;
  std::mutex mutex_;
  std::vector<Context> contexts_;
  std::uint64_t next_point_ = 0;  // of the curve, in examples
  bool work_returned_ = false, wakes_ = false;
};

}  // namespace

std::unique_ptr<Backend> make_parameter_server(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<ParameterServer>(spec, problem, spec.protocol);
}

std::unique_ptr<Backend> make_locked(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<ParameterServer>(spec, problem, "async");
}

}  // namespace sgdbench
