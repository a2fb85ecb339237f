// Training in place, as one worker does it: shared by the sequential strategies and by hogwild.
#pragma once

#include <span>

#include "backends/course.h"

namespace sgdbench {

/// Makes the updates of `rows` (mini-batches of spec.batch, the first of which is update
/// `first_update` of the run) on the course's state, and counts them in the seat.
void train_in_place(Course& course, Seat& seat, std::uint64_t epoch, std::uint64_t first_update,
                    std::span<const std::uint32_t> rows, Access access, WriteProbe* probe = nullptr);

}  // namespace sgdbench
