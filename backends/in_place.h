// Training in place, as one worker does it: shared by the sequential strategies and by hogwild.
#pragma once

#include <span>

#include "backends/course.h"

namespace sgdbench {

/// Makes the updates of `stretch`, whose rows are `rows`, on the course's state, and counts them in
/// the seat.
void train_in_place(Course& course, Seat& seat, const Stretch& stretch,
                    std::span<const std::uint32_t> rows, Access access,
                    WriteProbe* probe = nullptr);

}  // namespace sgdbench
