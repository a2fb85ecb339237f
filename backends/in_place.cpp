#include "backends/in_place.h"

namespace sgdbench {

void train_in_place(const Course& course, Seat& seat, const Stretch& stretch,
                    std::span<const std::uint32_t> rows, const InPlaceTarget& target) {
  InPlaceRun run;
  run.rows = rows;
  run.batch = stretch.batch;
  run.first_update = stretch.first_update;
  run.step = course.step_size.during(stretch.epoch);
  run.access = target.access;
  run.applied = target.applied;
  run.probe = target.probe;
  seat.compute->run_in_place(target.state, run);
  seat.report.computed += rows.size();
}

void train_in_place(Course& course, Seat& seat, const Stretch& stretch,
                    std::span<const std::uint32_t> rows, Access access, WriteProbe* probe) {
  train_in_place(course, seat, stretch, rows, {course.state, access, &seat.updates, probe});
  seat.examples.store(seat.report.computed, std::memory_order_relaxed);
}

}  // namespace sgdbench
