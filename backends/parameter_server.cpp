// SGD around a server (server.h) under any protocol: each worker pulls the coordinates that its
// block touches, computes, and pushes its direction; or, where replicas travel, trains one and
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
// Thread safety: Desk::may_go, waiting and cancelled belong to whoever holds the lock.

#include <mutex>
#include <optional>

#include "backends/adaptive_wait.h"
#include "backends/in_place.h"
#include "backends/pooled_backend.h"
#include "backends/server.h"
#include "backends/strategies.h"

namespace sgdbench {
namespace {

/// Where one worker meets the server.
struct alignas(64) Desk {
  Task task;  ///< what the worker works on
  bool has_task = false;
  bool may_go = true;          ///< the protocol lets it start
  bool waiting = false;        ///< for `release`
  bool cancelled = false;      ///< nobody wants what it works on
  bool computed = false;       ///< what it works on
  std::uint64_t gradient = 0;  ///< number of what it works on among this worker's, from 1
  Signal release;
  AlignedVector<Real> replica;  ///< [w | state of the rule], where replicas travel
};

class ParameterServer final : public PooledBackend {
 public:
  ParameterServer(const RunSpec& spec, const Problem& problem, std::string protocol)
      : PooledBackend(spec, problem), protocol_(std::move(protocol)), desks_(workers()) {}

 private:
  Cut cut(const RunSpec& spec) const override {
    return cut_for(make_protocol(protocol_, spec.workers)->traits(), spec);
  }

  /// Every worker's first pull is made here, off the clock: all of them start from version 0.
  void open(Course& course) override {
    server_ = std::make_unique<Server>(course, make_protocol(protocol_, workers()));
    course.keep_server_track();
    for (std::size_t w = 0; w < workers(); ++w) {
      Desk& desk = desks_[w];
      desk.may_go = true;
      desk.waiting = desk.cancelled = false;
      desk.gradient = 0;
      if (replicas()) {
        desk.replica = course.state;
        course.seats[w].report.local_steps = 0;
      }
      desk.has_task = take(course, w, desk.task);
      if (desk.has_task) pull(course, w);
    }
  }

  void work(Course& course, std::size_t worker) override {
    Seat& seat = course.seats[worker];
    Desk& desk = desks_[worker];
    if (!desk.has_task) {
      enter(seat, Activity::fetch, 0);
      desk.has_task = next_turn(course, worker, {});
      leave(seat, desk);
    }
    seat.enter(Activity::compute, desk.gradient);
    while (desk.has_task) {
      produce(course, worker);
      contact(course, worker);
    }
    enter(seat, Activity::push, 0);
    if (server_->retire(worker) && running(course)) update(course, seat);
    release(course);
    mutex_.unlock();
    seat.finish();
  }

  /// What was held when the run was stopped lands nowhere.
  void close(Course&, RunOutcome& outcome) override {
    for (const auto& held : server_->held())
      outcome.workers[held.worker].dropped += held.task.examples;
  }

  bool replicas() const { return server_->traits().exchange != Exchange::gradient; }
  static bool running(const Course& course) { return course.stop.reason() == Stopped::completed; }

  /// The next task of `worker`, with its block prepared.
  bool take(Course& course, std::size_t worker, Task& task) {
    if (course.pause) course.pause->rest(worker);
    if (course.stop.should_stop()) return false;
    const auto dealt = server_->deal(worker);
    if (!dealt) return false;
    task = *dealt;
    if (replicas()) return true;
    Seat& seat = course.seats[worker];
    const Stretch block = task.step(0);
    if (block.begin != block.end) seat.compute->prepare(course.rows(seat, block));
    return true;
  }

  /// Computes the gradient, or trains the replica, that the current task asks for.
  void produce(Course& course, std::size_t worker) {
    Seat& seat = course.seats[worker];
    Desk& desk = desks_[worker];
    desk.computed = seat.fetch(fetch_bytes(course, seat), Activity::compute, desk.gradient);
    if (!desk.computed) return seat.injector.skip(desk.task.steps);
    seat.injector.gradients(desk.task.steps, [&] {
      if (replicas())
        train_replica(course, seat, desk);
      else
        compute_gradient(seat, desk);
    });
    seat.push(push_bytes(course, seat), Activity::push, desk.gradient);
  }

  std::uint64_t fetch_bytes(Course& course, const Seat& seat) const {
    if (!seat.injector.delays_messages()) return 0;
    return replicas() ? std::span(course.state).size_bytes() : seat.compute->read_bytes();
  }
  std::uint64_t push_bytes(Course& course, const Seat& seat) const {
    if (!seat.injector.delays_messages()) return 0;
    return replicas() ? std::span(course.state).size_bytes() : seat.compute->direction_bytes();
  }

  static void compute_gradient(Seat& seat, const Desk& desk) {
    const std::size_t examples = desk.task.examples;
    if (examples != 0) seat.compute->compute();
    seat.report.computed += examples;
  }

  static void train_replica(Course& course, Seat& seat, Desk& desk) {
    std::atomic<std::uint64_t> made{0};
    for (std::size_t k = 0; k < desk.task.steps; ++k) {
      Stretch step = desk.task.step(k);
      if (step.begin == step.end) continue;
      step.batch = step.end - step.begin;
      train_in_place(course, seat, step, course.rows(seat, step),
                     {desk.replica, Access::exclusive, &made});
    }
    *seat.report.local_steps += made.load(std::memory_order_relaxed);
  }

  /// Who may have to wait takes no task with it where those that are idle could need it: an update
  /// that lacks that task's gradient would never come, or be made without it when they retire.
  bool may_take_ahead() const {
    const auto& traits = server_->traits();
    return traits.overlaps || (!traits.cancels && (traits.whole_rounds || traits.arrivals == 1));
  }

  /// One critical section where the protocol allows: push, and pull for the next task.
  void contact(Course& course, std::size_t worker) {
    Seat& seat = course.seats[worker];
    Desk& desk = desks_[worker];
    std::optional<Task> next;
    if (may_take_ahead() && !take(course, worker, next.emplace())) next.reset();
    enter(seat, Activity::push, desk.gradient);
    deliver(course, worker);
    desk.has_task = next_turn(course, worker, next);
    leave(seat, desk);
  }

  /// Hands over what was computed, unless nobody wants it any more.
  void deliver(Course& course, std::size_t worker) {
    Seat& seat = course.seats[worker];
    Desk& desk = desks_[worker];
    if (desk.cancelled) {
      desk.cancelled = false;
      seat.injector.renew();
      if (desk.computed) seat.report.dropped += desk.task.examples;
      return;
    }
    if (!running(course)) {
      if (desk.computed) seat.report.dropped += desk.task.examples;
      return;
    }
    desk.may_go = false;
    const Direction direction =
        replicas() || desk.task.examples == 0 ? Direction{} : seat.compute->direction();
    const std::uint64_t becomes = server_->version() + 1, tau = server_->staleness(worker);
    const Decision decision = server_->arrive(worker, direction);
    if (decision != Decision::discard) seat.track.note_update(becomes, tau);
    if (decision == Decision::apply) update(course, seat);
    release(course);
  }

  void update(Course& course, Seat& seat) {
    for (const auto worker : server_->cancel_rest()) {
      desks_[worker].cancelled = true;
      course.seats[worker].injector.cancel();
    }
    const Nanoseconds begun = course.apply_begins(seat);
    server_->update([this](const Server::Held& held) -> std::span<Real> {
      return desks_[held.worker].replica;
    });
    course.note_apply(seat, begun, server_->version(), server_->stalest());
    course.observe(seat, server_->landed_before(), server_->landed(), course.w(), Access::exclusive,
                   Phase::communicate);
  }

  /// Lets go whom the protocol released; where work may come back or the run is over, everybody who
  /// waits looks again.
  void release(Course& course) {
    for (const auto worker : server_->released()) desks_[worker].may_go = true;
    const bool everybody = server_->may_return_work() || !running(course);
    if (everybody) {
      for (auto& desk : desks_) wake(desk);
    } else {
      for (const auto worker : server_->released()) wake(desks_[worker]);
    }
  }
  static void wake(Desk& desk) {
    if (!desk.waiting) return;
    desk.waiting = false;
    desk.release.raise();
  }

  /// Whether there may be a task later for somebody for whom there is none now. Who keeps to a
  /// share of its own has nothing out then that could come back.
  bool may_get_more(const Course& course) const {
    return server_->may_return_work() && !server_->finished() &&
           course.spec.assign == Assign::dynamic;
  }

  /// Waits until `worker` may start and has a task, `next` if that is one, and pulls for it; false
  /// when there is nothing more to do. Called, and returns, inside the lock.
  bool next_turn(Course& course, std::size_t worker, const std::optional<Task>& next) {
    Seat& seat = course.seats[worker];
    Desk& desk = desks_[worker];
    bool dealt = next.has_value();
    if (dealt) desk.task = *next;
    while (running(course)) {
      if (desk.may_go) {
        dealt = dealt || take(course, worker, desk.task);
        if (dealt) {
          pull(course, worker);
          return true;
        }
        if (!may_get_more(course)) return false;
      }
      wait(seat, desk);
    }
    return false;
  }

  void pull(Course& course, std::size_t worker) {
    Desk& desk = desks_[worker];
    course.seats[worker].mark(Activity::fetch, ++desk.gradient);
    server_->pull(worker, desk.task);
    if (server_->traits().exchange == Exchange::average)
      std::copy(course.state.begin(), course.state.end(), desk.replica.begin());
    else if (!replicas() && desk.task.examples != 0)
      course.seats[worker].compute->read(course.w(), Access::exclusive);
  }

  void wait(Seat& seat, Desk& desk) {
    desk.waiting = true;
    desk.release.clear();
    mutex_.unlock();
    seat.enter(Phase::wait);
    desk.release.wait();
    enter(seat, Activity::fetch, 0);
  }
  void enter(Seat& seat, Activity activity, std::uint64_t gradient) {
    lock_or_wait(mutex_, [&] { seat.enter(Activity::wait); });
    seat.enter(activity, gradient);
  }
  void leave(Seat& seat, const Desk& desk) {
    mutex_.unlock();
    seat.enter(Activity::compute, desk.gradient);
  }

  std::string protocol_;
  std::unique_ptr<Server> server_;
  std::mutex mutex_;
  std::vector<Desk> desks_;
};

}  // namespace

std::unique_ptr<Backend> make_parameter_server(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<ParameterServer>(spec, problem, spec.protocol);
}

std::unique_ptr<Backend> make_locked(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<ParameterServer>(spec, problem, "async");
}

}  // namespace sgdbench
