// Training in place, as one worker does it: shared by all strategies whose workers make updates as
// they go.
#pragma once

#include <span>

#include "backends/course.h"

namespace sgdbench {

/// Where updates in place go.
struct InPlaceTarget {
  std::span<Real> state;  ///< [w | state of the rule]
  Access access = Access::exclusive;
  std::atomic<std::uint64_t>* applied;  ///< raised after each update
  WriteProbe* probe = nullptr;
};

/// Makes the updates of `stretch`, whose rows are `rows`.
void train_in_place(const Course& course, Seat& seat, const Stretch& stretch,
                    std::span<const std::uint32_t> rows, const InPlaceTarget& target);

/// The same on the course's own state, where updates land as they are made: counts them, and their
/// examples, in the seat.
void train_in_place(Course& course, Seat& seat, const Stretch& stretch,
                    std::span<const std::uint32_t> rows, Access access,
                    WriteProbe* probe = nullptr);

}  // namespace sgdbench
