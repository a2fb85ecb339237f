// Asynchronous, stale-synchronous or bulk-synchronous SGD around a server (server.h): each worker
// pulls the coordinates that its block touches, computes, and pushes its direction.
//
// Source: Li et al., "Scaling distributed machine learning with the parameter server", OSDI 2014;
// Ho et al., "More effective distributed ML via a stale synchronous parallel parameter server",
// NIPS 2013. The lock-based strategy is the same loop with the protocol that never waits:
// consistent asynchronous SGD as in Langford, Smola & Zinkevich, "Slow learners are fast", NIPS
// 2009.

#include <optional>

#include "backends/pooled_backend.h"
#include "backends/server.h"
#include "backends/strategies.h"

namespace sgdbench {
namespace {

class ParameterServer final : public PooledBackend {
 public:
  ParameterServer(const RunSpec& spec, const Problem& problem, std::string protocol)
      : PooledBackend(spec, problem), protocol_(std::move(protocol)) {}

 private:
  Cut cut(const RunSpec& spec) const override {
    const bool rounds = make_protocol(protocol_, spec.workers)->in_rounds();
    return {rounds ? spec.batch * spec.workers : spec.batch, 1};
  }

  /// Every worker's first pull is made here, off the clock: all of them start from version 0.
  void open(Course& course) override {
    server_ = std::make_unique<Server>(course, make_protocol(protocol_, workers()));
    first_.assign(workers(), {});
    for (std::size_t w = 0; w < workers(); ++w) {
      Stretch stretch;
      if (!take(course, w, stretch)) continue;
      if (stretch.begin != stretch.end) server_->pull(w);
      first_[w] = stretch;
    }
  }

  void work(Course& course, std::size_t worker) override {
    Seat& seat = course.seats[worker];
    bool more = first_[worker].has_value();
    Stretch next = first_[worker].value_or(Stretch{});
    while (more) {
      const Stretch done = next;
      if (done.begin != done.end) seat.compute->compute();
      seat.report.computed += done.end - done.begin;
      more = take(course, worker, next);
      push_and_pull(course, worker, done, more ? &next : nullptr);
    }
    enter(seat);
    server_->retire(worker);
    leave(seat);
    seat.finish();
  }

  /// Takes the next block and notes what it touches; in rounds, this worker's share of the next
  /// one.
  bool take(Course& course, std::size_t worker, Stretch& next) {
    Seat& seat = course.seats[worker];
    if (!server_->in_rounds()) {
      if (!course.take(worker, next)) return false;
    } else {
      if (!course.take_round(seat, next)) return false;
      next = share_of(next, worker, workers());
    }
    if (next.begin != next.end) seat.compute->prepare(course.rows(seat, next));
    return true;
  }

  /// One critical section where the protocol allows; without a next block, the push alone.
  void push_and_pull(Course& course, std::size_t worker, const Stretch& done, const Stretch* next) {
    Seat& seat = course.seats[worker];
    enter(seat);
    if (server_->push(worker, done)) observe(course, seat, done);
    if (next != nullptr && !server_->may_pull(worker)) {
      server_->mutex().unlock();
      seat.enter(Phase::wait);
      server_->wait_for_release(worker);
      enter(seat);
    }
    if (next != nullptr && next->begin != next->end) server_->pull(worker);
    leave(seat);
  }

  /// A round crosses a point of the curve as a whole.
  void observe(Course& course, Seat& seat, Stretch done) {
    if (server_->in_rounds()) done = course.plan.stretch(done.first_update);
    course.observe(seat, done, course.w(), Access::exclusive, Phase::communicate);
  }

  void enter(Seat& seat) {
    lock_or_wait(server_->mutex(), [&] { seat.enter(Phase::wait); });
    seat.enter(Phase::communicate);
  }
  void leave(Seat& seat) {
    server_->mutex().unlock();
    seat.enter(Phase::compute);
  }

  std::string protocol_;
  std::unique_ptr<Server> server_;
  std::vector<std::optional<Stretch>> first_;
};

}  // namespace

std::unique_ptr<Backend> make_parameter_server(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<ParameterServer>(spec, problem, spec.protocol);
}

std::unique_ptr<Backend> make_locked(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<ParameterServer>(spec, problem, "async");
}

}  // namespace sgdbench
