#include "backends/in_place.h"

namespace sgdbench {

void train_in_place(Course& course, Seat& seat, const Stretch& stretch,
                    std::span<const std::uint32_t> rows, Access access, WriteProbe* probe) {
  InPlaceRun run;
  run.rows = rows;
  run.batch = stretch.batch;
  run.first_update = stretch.first_update;
  run.step = course.spec.step.during(stretch.epoch);
  run.access = access;
  run.applied = &seat.updates;
  run.probe = probe;
  seat.compute->run_in_place(course.state, run);

  const std::uint64_t done = seat.examples.load(std::memory_order_relaxed) + rows.size();
  seat.examples.store(done, std::memory_order_relaxed);
  seat.report.computed = done;
}

}  // namespace sgdbench
