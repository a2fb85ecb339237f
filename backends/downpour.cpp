// Asynchronous SGD on private replicas: every worker trains at the speed of one alone and exchanges
// what it has changed for what the others have, every --exchange examples, without waiting for
// anybody.
//
// Source: Dean et al., "Large scale distributed deep networks", NIPS 2012 (Downpour SGD with
// n_push = n_fetch). Departures: rows come without replacement from one queue, an exchange is one
// pass that pushes and fetches, and the state of momentum stays with the worker.
//
// Where hogwild's workers fight over the cache lines of popular features, here only the exchange
// moves lines between cores. The price is staleness, and it is counted: all updates of one
// exchange land together, each with τ = the updates of others that landed since the last one.

#include "backends/in_place.h"
#include "backends/pooled_backend.h"
#include "backends/replicas.h"
#include "backends/strategies.h"

namespace sgdbench {
namespace {

class Downpour final : public PooledBackend {
 public:
  Downpour(const RunSpec& spec, const Problem& problem)
      : PooledBackend(spec, problem), replicas_(spec.workers) {}

 private:
  Cut cut(const RunSpec& spec) const override {
    return in_place_cut(spec, problem().examples(), spec.exchange);
  }

  void open(Course& course) override {
    shared_ = std::make_unique<SharedParameters>(course.w());
    for (auto& replica : replicas_) shared_->copy_to(replica, course.spec.rule.slots());
  }

  void work(Course& course, std::size_t worker) override {
    Seat& seat = course.seats[worker];
    Replica& replica = replicas_[worker];
    Stretch stretch;
    while (course.take(worker, stretch)) {
      seat.enter(Activity::compute, seat.taken);
      const auto rows = course.rows(seat, stretch);
      const std::uint64_t before = replica.made.load(std::memory_order_relaxed);
      seat.injector.gradients(stretch.updates(), [&] {
        train_in_place(course, seat, stretch, rows,
                       {replica.state, Access::exclusive, &replica.made});
      });
      land(seat, worker, rows.size(), before);
      course.observe(seat, stretch, course.w(), Access::racy_store);
      seat.enter(Activity::compute);
    }
    seat.finish();
  }

  /// Exchanges the updates after the first `before` ones of this worker.
  void land(Seat& seat, std::size_t worker, std::size_t examples, std::uint64_t before) {
    Replica& replica = replicas_[worker];
    const std::uint64_t made = replica.made.load(std::memory_order_relaxed);
    const std::uint64_t bytes = replica.base.size() * sizeof(Real);
    seat.push(bytes, Activity::push, seat.taken);
    const std::uint64_t staleness =
        shared_->exchange(replica, made - before, worker, workers(), seat);
    seat.fetch(bytes, Activity::fetch, seat.taken);
    seat.note_staleness(staleness, made - before);
    seat.track.note_update(0, staleness);  // of many updates: no one of them is named
    seat.report.last_update = replica.landed.front();
    seat.updates.store(made, std::memory_order_relaxed);
    seat.examples.store(seat.examples.load(std::memory_order_relaxed) + examples,
                        std::memory_order_relaxed);
  }

  std::vector<Replica> replicas_;
  std::unique_ptr<SharedParameters> shared_;
};

}  // namespace

std::unique_ptr<Backend> make_downpour(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<Downpour>(spec, problem);
}

}  // namespace sgdbench
