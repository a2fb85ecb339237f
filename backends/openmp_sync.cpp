// Data-parallel synchronous SGD: P workers, P mini-batches at the same parameters, one averaged
// update. With P workers and batch b it is mini-batch SGD with batch P·b.
//
//   compute   every worker its own share of the round's examples, at w
//             (where messages are delayed, it fetches w before and pushes its direction after)
//   barrier   (barrier.h; the threads are OpenMP's)
//   reduce    every worker its own slice of the coordinates, over all workers' directions in
//             worker order: the result does not depend on timing
//   barrier
//
// Thread safety: w is frozen between the second barrier and the next first one, and each slice has
// one writer between the first and the second. Directions are read by all between the barriers and
// rewritten by their owners outside of them; the master takes the next round between them too.

#include <omp.h>

#include <algorithm>

#include "backends/barrier.h"
#include "backends/in_place.h"
#include "backends/pooled_backend.h"
#include "backends/strategies.h"
#include "backends/topology.h"

namespace sgdbench {
namespace {

class OpenMpSync final : public PooledBackend {
 public:
  OpenMpSync(const RunSpec& spec, const Problem& problem)
      : PooledBackend(spec, problem, 1),
        barrier_(spec.workers, spec.workers <= usable_cpus().size()),
        directions_(spec.workers),
        sums_(spec.workers) {
    // Not while it is timed. A worker alone has nothing to add up.
    if (spec.workers > 1 && spec.batch == 1)
      for (auto& sum : sums_) sum.reserve(problem.parameters());
    start_team(spec.workers, spec.pin);
  }

 private:
  /// A worker alone has nobody to meet and nothing to add up: mini-batch SGD, by the same loop as
  /// everywhere. Where messages or gradients are delayed it is a round for each.
  static bool alone(const RunSpec& spec) { return spec.workers == 1 && !spec.conditions.any(); }

  Cut cut(const RunSpec& spec) const override {
    if (alone(spec)) return in_place_cut(spec, problem().examples());
    return {spec.batch * spec.workers, 1};
  }

  void work(Course& course, std::size_t worker) override {
    if (alone(course.spec)) return train_alone(course, course.seats[worker]);
    const int team = static_cast<int>(workers());
    Stretch round;
    bool more = course.take_round(course.seats[0], round);
#pragma omp parallel num_threads(team) default(shared)
    {
      const auto me = static_cast<std::size_t>(omp_get_thread_num());
      omp_set_num_threads(1);  // kernels below use this worker's thread only
      Seat& seat = course.seats[me];
      std::uint64_t gradients = 0;
      while (more) {
        const Stretch mine = round;
        const std::uint64_t number = mine.first_update + 1;  // of the gradient and of the update
        seat.enter(Activity::compute, number);
        gradients += compute(course, seat, mine, me);
        meet(seat, me, Activity::apply, number);
        if (me == 0) more = course.take_round(course.seats[0], round);
        reduce(course, seat, mine, me);
        seat.track.note_update(number, 0);
        meet(seat, me, Activity::compute);
        if (me == 0) course.observe(seat, mine, course.w(), Access::exclusive);
      }
      seat.finish();
      if (gradients != 0) seat.note_staleness(0, gradients);
    }
  }

  /// The time until the last worker arrives is waiting. A worker alone has nobody to meet, nor to
  /// communicate with.
  void meet(Seat& seat, std::size_t me, Activity next, std::uint64_t gradient = 0) {
    if (workers() == 1) return;
    if (!barrier_.arrive(me)) {
      seat.enter(Activity::wait, gradient);
      barrier_.wait(me);
    }
    seat.enter(next, gradient);
  }

  /// False where this worker has no share: there are fewer examples than workers.
  bool compute(Course& course, Seat& seat, const Stretch& round, std::size_t me) {
    const Stretch mine = share_of(round, me, workers());
    if (mine.begin == mine.end) return false;
    const std::uint64_t number = round.first_update + 1;
    seat.fetch(course.w().size_bytes(), Activity::compute, number);
    seat.injector.gradient([&] {
      seat.compute->prepare(course.rows(seat, mine));
      seat.compute->compute_from(course.w());
    });
    directions_[me] = seat.compute->direction();
    seat.push(seat.compute->direction_bytes(), Activity::compute, number);
    seat.report.computed += mine.end - mine.begin;
    return true;
  }

  void reduce(Course& course, Seat& seat, const Stretch& round, std::size_t me) {
    // Slices start on cache lines, so that no line has two writers.
    const std::size_t n = problem().parameters();
    const std::size_t slice = padded_to_line((n + workers() - 1) / workers());
    const std::size_t begin = std::min(n, me * slice);
    const std::size_t active = std::min(workers(), round.end - round.begin);
    apply(course.spec.rule, course.state, std::span(directions_).first(active), begin,
          std::min(n, begin + slice), course.step(round.epoch, round.first_update),
          Access::exclusive, nullptr, course.spec.batch == 1 ? &sums_[me] : nullptr);
    seat.examples.store(seat.report.computed, std::memory_order_relaxed);
    if (me != 0) return;
    seat.updates.store(round.first_update + 1, std::memory_order_relaxed);
    seat.report.last_update = round.first_update + 1;
  }

  Barrier barrier_;
  std::vector<Direction> directions_;
  std::vector<DirectionSum> sums_;  ///< each worker's, over its slice
};

}  // namespace

std::unique_ptr<Backend> make_openmp_sync(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<OpenMpSync>(spec, problem);
}

}  // namespace sgdbench
