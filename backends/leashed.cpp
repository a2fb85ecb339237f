// Lock-free and consistent asynchronous SGD: workers compute from an immutable version and publish
// their successor of the newest one by compare-and-swap.
//
// Source: Bäckström, Papatriantafilou & Tsigas, "Consistent lock-free parallel stochastic gradient
// descent for fast and stable convergence" (LEASHED-SGD), IPDPS 2021. The persistence bound is
// theirs: a gradient whose publication failed that many times is dropped. Departure: its examples
// are not lost with it; the worker computes it again, at the newest version.
//
// A publication makes a whole new version: that is the price of never waiting and never tearing. On
// sparse data the buffer that becomes it is an old version, of which only what has changed since is
// copied (versions.h), instead of all as in the paper.

#include <algorithm>
#include <optional>

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
    bool again = false;  // the last gradient was dropped: its examples are still to land
    std::uint64_t gradient = 0;
    while (again ? course.may_go_on(worker) : course.take(worker, stretch)) {
      ++gradient;
      seat.enter(Activity::compute, gradient);
      seat.compute->prepare(course.rows(seat, stretch));
      seat.mark(Activity::fetch, gradient);
      const Version& read = versions_->protect(worker, Role::read);
      const Attempt attempt{stretch, gradient, read.number};
      seat.fetch(w_of(read).size_bytes(), Activity::fetch, gradient);
      seat.enter(Activity::compute, gradient);
      seat.injector.gradient([&] { seat.compute->compute_from(w_of(read)); });
      versions_->release(worker, Role::read);
      seat.report.computed += stretch.end - stretch.begin;

      seat.enter(Activity::push, gradient);
      seat.push(seat.compute->direction_bytes(), Activity::push, gradient);
      const auto landed_before = publish(course, worker, attempt, spare);
      again = !landed_before;
      if (again) seat.report.dropped += stretch.end - stretch.begin;
      seat.enter(Activity::compute);
      if (!again) observe(course, worker, *landed_before, stretch.end - stretch.begin);
    }
    seat.finish();
  }

  /// A gradient that is to be published.
  struct Attempt {
    Stretch stretch;
    std::uint64_t gradient = 0;  ///< its number among this worker's
    std::uint64_t read_version = 0;
  };

  /// The examples that had landed before, and another spare; nothing if the gradient was dropped,
  /// and `spare` is then still this worker's.
  std::optional<std::uint64_t> publish(Course& course, std::size_t worker, const Attempt& attempt,
                                       Version*& spare) {
    Seat& seat = course.seats[worker];
    const Direction direction = seat.compute->direction();
    const std::uint64_t bound = course.spec.persistence, gradient = attempt.gradient;
    // A rule with a state of its own changes it everywhere.
    const bool everywhere = direction.everywhere || course.spec.rule.slots() > 1;
    for (std::uint64_t failures = 0; bound == 0 || failures < bound; ++failures) {
      const Version& base = versions_->protect(worker, Role::base);
      const std::uint64_t base_number = base.number, landed_before = base.examples;
      const std::uint64_t staleness = base_number - attempt.read_version;
      if (failures > 0) seat.enter(Activity::push, gradient);
      VersionStore::follow(*spare, base);
      seat.enter(Activity::apply, gradient);
      apply(course.spec.rule, spare->state, std::span(&direction, 1), 0, problem().parameters(),
            course.step(attempt.stretch.epoch, base_number, staleness), Access::exclusive);
      spare->examples = landed_before + direction.examples;
      if (!versions_->publish(*spare, base, {everywhere, direction.support})) continue;
      versions_->release(worker, Role::base);
      count(seat, direction.examples, staleness, base_number + 1);
      if (course.spec.landings)
        seat.report.landings.push_back(
            {base_number + 1, worker, whole_task(attempt.stretch), attempt.read_version});
      spare = &versions_->acquire_spare(&base);
      return landed_before;
    }
    versions_->release(worker, Role::base);
    return {};
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

  /// A point shows the newest version, with that version's own counts.
  void observe(Course& course, std::size_t worker, std::uint64_t landed, std::size_t examples) {
    if (course.curve.crossed(landed, landed + examples) == 0) return;
    const auto look = [&]() -> View {
      const Version& seen = versions_->protect(worker, Role::read);
      return {w_of(seen), seen.number, seen.examples};
    };
    course.observe(course.seats[worker], landed, landed + examples, Access::exclusive,
                   Activity::compute, look);
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
