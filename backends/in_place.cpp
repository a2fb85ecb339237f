#include "backends/in_place.h"

#include <algorithm>

namespace sgdbench {
namespace {

constexpr std::size_t kShortest = 128, kLongest = 2048;  // examples of a block
/// Blocks that each of several workers takes at least, where they are longer than kShortest: so
/// much of its time is the most that it may wait for the others at the end.
constexpr std::size_t kBlocksOfWorker = 128;

}  // namespace

Cut in_blocks_of(const RunSpec& spec, std::size_t longest) {
  return {spec.batch, std::max<std::size_t>(1, longest / spec.batch)};
}

Cut in_place_cut(const RunSpec& spec, std::size_t examples) {
  if (spec.workers == 1) return in_blocks_of(spec, kLongest);
  double planned = static_cast<double>(examples) * static_cast<double>(spec.epochs);
  if (spec.updates != 0)
    planned =
        std::min(planned, static_cast<double>(spec.updates) * static_cast<double>(spec.batch));
  const double share = planned / static_cast<double>(spec.workers * kBlocksOfWorker);
  return in_blocks_of(
      spec, static_cast<std::size_t>(std::clamp(share, double{kShortest}, double{kLongest})));
}

void train_in_place(const Course& course, Seat& seat, const Stretch& part,
                    std::span<const std::uint32_t> rows, const InPlaceTarget& target) {
  const std::size_t examples = part.end - part.begin;
  InPlaceRun run;
  run.rows = rows.first(examples);
  run.batch = part.batch;
  run.first_update = part.first_update;
  run.step = course.step_size.during(part.epoch);
  run.access = target.access;
  run.applied = target.applied;
  run.probe = target.probe;
  run.ahead = rows.size() - examples;
  seat.compute->run_in_place(target.state, run);
  seat.report.computed += examples;
}

void train_in_place(Course& course, Seat& seat, const Stretch& part,
                    std::span<const std::uint32_t> rows, Access access, WriteProbe* probe) {
  train_in_place(course, seat, part, rows, {course.state, access, &seat.updates, probe});
  seat.examples.store(seat.report.computed, std::memory_order_relaxed);
}

void train_alone(Course& course, Seat& seat) {
  train_blocks(course, seat, Access::exclusive, [&](const Stretch& part, const auto& rows) {
    seat.injector.gradients(part.updates(),
                            [&] { train_in_place(course, seat, part, rows, Access::exclusive); });
  });
  const auto updates = seat.updates.load(std::memory_order_relaxed);
  seat.note_staleness(0, updates);
  seat.report.last_update = updates;
}

}  // namespace sgdbench
