// Lock-free and consistent asynchronous SGD: workers compute from an immutable version and publish
// their successor of the newest one by compare-and-swap.
//
// Source: Bäckström, Papatriantafilou & Tsigas, "Consistent lock-free parallel stochastic gradient
// descent for fast and stable convergence" (LEASHED-SGD), IPDPS 2021. The persistence bound is
// theirs: a gradient whose publication failed that many times is dropped.
//
// A publication copies the whole state: that is the price of never waiting and never tearing, and
// on sparse data it is most of the work.

#include <algorithm>

#include "backends/pooled_backend.h"
#include "backends/strategies.h"
#include "backends/versions.h"

namespace sgdbench {
namespace {

class Leashed final : public PooledBackend {
 public:
  using PooledBackend::PooledBackend;

 private:
  using Role = VersionStore::Role;

  Cut cut(const RunSpec& spec) const override { return single_update_cut(spec); }

  void open(Course& course) override {
    versions_ = std::make_unique<VersionStore>(workers(), course.state);
  }

  void work(Course& course, std::size_t worker) override {
    Seat& seat = course.seats[worker];
    Version* spare = &versions_->acquire_spare();
    Stretch stretch;
    while (course.take(worker, stretch)) {
      const std::uint64_t gradient = seat.taken;
      seat.enter(Activity::compute, gradient);
      seat.compute->prepare(course.rows(seat, stretch));
      seat.mark(Activity::fetch, gradient);
      const Version& read = versions_->protect(worker, Role::read);
      const std::uint64_t read_version = read.number;
      seat.fetch(w_of(read).size_bytes(), Activity::fetch, gradient);
      seat.enter(Activity::compute, gradient);
      seat.injector.gradient([&] { seat.compute->compute_from(w_of(read)); });
      versions_->release(worker, Role::read);
      seat.report.computed += stretch.end - stretch.begin;

      seat.enter(Activity::push, gradient);
      seat.push(seat.compute->direction_bytes(), Activity::push, gradient);
      if (publish(course, worker, stretch, read_version, spare))
        spare = &versions_->acquire_spare();
      else
        seat.report.dropped += stretch.end - stretch.begin;
      seat.enter(Activity::compute);
      observe(course, seat, worker, stretch);
    }
    seat.finish();
  }

  /// False if the gradient was dropped; `spare` is then still this worker's.
  bool publish(Course& course, std::size_t worker, const Stretch& stretch,
               std::uint64_t read_version, Version* spare) {
    Seat& seat = course.seats[worker];
    const Direction direction = seat.compute->direction();
    const std::uint64_t bound = course.spec.persistence, gradient = seat.taken;
    for (std::uint64_t failures = 0; bound == 0 || failures < bound; ++failures) {
      const Version& base = versions_->protect(worker, Role::base);
      const std::uint64_t base_number = base.number;
      if (failures > 0) seat.enter(Activity::push, gradient);
      std::copy(base.state.begin(), base.state.end(), spare->state.begin());
      seat.enter(Activity::apply, gradient);
      apply(course.spec.rule, spare->state, std::span(&direction, 1), 0, problem().parameters(),
            course.step(stretch.epoch, base_number, base_number - read_version), Access::exclusive);
      if (!versions_->publish(*spare, base)) continue;
      versions_->release(worker, Role::base);
      count(seat, direction.examples, base_number - read_version, base_number + 1);
      if (course.spec.landings)
        seat.report.landings.push_back(
            {base_number + 1, worker, whole_task(stretch), read_version});
      return true;
    }
    versions_->release(worker, Role::base);
    return false;
  }

  static void count(Seat& seat, std::size_t examples, std::uint64_t staleness,
                    std::uint64_t update) {
    seat.updates.store(seat.updates.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    seat.examples.store(seat.examples.load(std::memory_order_relaxed) + examples,
                        std::memory_order_relaxed);
    seat.note_staleness(staleness);
    seat.track.note_update(update, staleness);
    seat.report.last_update = update;
  }

  void observe(Course& course, Seat& seat, std::size_t worker, const Stretch& done) {
    if (!course.crosses(done)) return;
    const Version& seen = versions_->protect(worker, Role::read);
    course.observe(seat, done, w_of(seen), Access::exclusive);
    versions_->release(worker, Role::read);
  }

  std::span<const Real> w_of(const Version& version) const {
    return std::span(version.state).first(problem().parameters());
  }
  std::span<const Real> result(Course&) override { return w_of(versions_->newest()); }

  std::unique_ptr<VersionStore> versions_;
};

}  // namespace

std::unique_ptr<Backend> make_leashed(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<Leashed>(spec, problem);
}

}  // namespace sgdbench
