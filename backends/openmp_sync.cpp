// Data-parallel synchronous SGD: P workers, P mini-batches at the same parameters, one averaged
// update. With P workers and batch b it is mini-batch SGD with batch P·b.
//
//   compute   every worker its own share of the round's examples, at w
//             (where messages are delayed, it fetches w before and pushes its gradient sum after)
//   barrier   (barrier.h; the threads are OpenMP's)
//   reduce    every worker its own slice of the coordinates, over all workers' gradient sums in
//             worker order: the result does not depend on timing
//   barrier
//
// Rounds come in blocks. Behind one, all meet once more: meanwhile the first worker looks at w,
// where a point of the curve lies there, and takes the next block.
//
// Thread safety: w is frozen between the second barrier and the next first one, and each slice has
// one writer between the first and the second. Gradient sums are read by all between the barriers
// and rewritten by their owners outside of them.

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
      : PooledBackend(spec, problem, Threads::openmp),
        barrier_(spec.workers, spec.workers <= usable_cpus().size()),
        gradients_(spec.workers),
        sums_(spec.workers) {
    // Not while it is timed. A worker alone has nothing to add up.
    if (spec.workers > 1 && spec.batch == 1)
      on_each_worker([&](std::size_t me) { sums_[me].reserve(problem.parameters()); });
  }

 private:
  /// A worker alone has nobody to meet and nothing to add up: mini-batch SGD, by the same loop as
  /// everywhere. Where messages or gradients are delayed, it is a round for each.
  static bool alone(const RunSpec& spec) { return spec.workers == 1 && !spec.conditions.any(); }

  Cut cut(const RunSpec& spec) const override {
    if (alone(spec)) return in_place_cut(spec, problem().examples());
    const std::size_t round = spec.batch * spec.workers;
    if (spec.conditions.any()) return {round, 1};
    return {round, std::max(kFewestRounds, kExamplesOfBlock / round)};
  }

  void open(Course& course) override {
    rest_ = {};
    if (!alone(course.spec)) more_ = course.take_rounds(course.seats[0], rest_, block_);
  }

  void work(Course& course, std::size_t me) override {
    Seat& seat = course.seats[me];
    if (alone(course.spec)) return train_alone(course, seat);
    std::uint64_t gradients = 0;
    while (more_) {
      const Stretch block =
          block_;  // the next one may be there before this worker's last round ends
      const EpochStep step = course.step_size.during(block.epoch);
      Stretch round = block;
      while (round.begin < block.end) {
        round.end = round.begin + round.batch;
        const std::uint64_t number = round.first_update + 1;  // of the gradient and of the update
        seat.enter(Activity::compute, number);
        gradients += compute(course, seat, round, me);
        meet(seat, me, Activity::apply, number);
        reduce(course, seat, round, me, step.at(round.first_update));
        seat.track.note_update(number, 0);
        meet(seat, me, Activity::compute);
        round.begin = round.end;
        ++round.first_update;
      }
      if (me == 0) {
        course.observe(seat, block, course.w(), Access::exclusive);
        more_ = course.take_rounds(seat, rest_, block_);
      }
      meet(seat, me, Activity::compute);
    }
    seat.finish();
    if (gradients != 0) seat.note_staleness(0, gradients);
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
    gradients_[me] = seat.compute->gradient_sum();
    seat.push(seat.compute->gradient_bytes(), Activity::compute, number);
    seat.report.computed += mine.end - mine.begin;
    return true;
  }

  void reduce(Course& course, Seat& seat, const Stretch& round, std::size_t me, Real step) {
    // Slices start on cache lines, so that no line has two writers.
    const std::size_t n = problem().parameters();
    const std::size_t slice = padded_to_line((n + workers() - 1) / workers());
    const std::size_t begin = std::min(n, me * slice);
    const std::size_t active = std::min(workers(), round.end - round.begin);
    apply(course.spec.rule, course.state, std::span(gradients_).first(active), begin,
          std::min(n, begin + slice), step, Access::exclusive, nullptr,
          course.spec.batch == 1 ? &sums_[me] : nullptr);
    seat.examples.store(seat.report.computed, std::memory_order_relaxed);
    if (me != 0) return;
    seat.updates.store(round.first_update + 1, std::memory_order_relaxed);
    seat.report.last_update = round.first_update + 1;
  }

  static constexpr std::size_t kExamplesOfBlock = 2048, kFewestRounds = 4;

  Barrier barrier_;
  std::vector<GradientSum> gradients_;
  std::vector<GradientTotal> sums_;  ///< each worker's, over its slice
  // Written by the first worker, while all others wait for it behind a block.
  Stretch block_, rest_;  ///< the rounds that are made next, and those of the plan behind them
  bool more_ = false;     ///< whether there are any
};

}  // namespace

std::unique_ptr<Backend> make_openmp_sync(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<OpenMpSync>(spec, problem);
}

}  // namespace sgdbench
