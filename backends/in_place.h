// Training in place, as one worker does it: the one loop of all strategies whose workers make
// updates as they go, on shared parameters or on a replica.
//
//   take a block of mini-batches        (work_plan.h)
//   cut it at the points of the curve   (course.h: next_part)
//   make the updates of each part       (the strategy's, by train_in_place())
//   look at the parameters              (course.h: observe)
#pragma once

#include <span>

#include "backends/course.h"

namespace sgdbench {

/// The cut of a strategy whose workers make updates of `spec.batch` examples in place, out of
/// `examples` an epoch. Blocks are so long that taking one costs nothing and that the rows at its
/// beginning, which nobody could ask for in advance, are few; and so short that several workers end
/// together.
Cut in_place_cut(const RunSpec& spec, std::size_t examples);

/// The same in blocks of about `longest` examples.
Cut in_blocks_of(const RunSpec& spec, std::size_t longest);

/// Where updates in place go.
struct InPlaceTarget {
  std::span<Real> state;  ///< [w | state of the rule]
  Access access = Access::exclusive;
  std::atomic<std::uint64_t>* applied;  ///< raised after each update
  WriteProbe* probe = nullptr;
};

/// Makes the updates of `part`. `rows` begins with its rows; those behind them come next.
void train_in_place(const Course& course, Seat& seat, const Stretch& part,
                    std::span<const std::uint32_t> rows, const InPlaceTarget& target);

/// The same on the course's own state, where updates land as they are made: counts them, and their
/// examples, in the seat.
void train_in_place(Course& course, Seat& seat, const Stretch& part,
                    std::span<const std::uint32_t> rows, Access access,
                    WriteProbe* probe = nullptr);

/// The loop of one worker until the work is done: train(part, rows) makes the updates of each part,
/// with `rows` as above, and curve points are taken from the course's w, by `access`.
template <class Train>
void train_blocks(Course& course, Seat& seat, Access access, Train train) {
  Stretch rest, part;
  while (course.take(seat.number, rest)) {
    auto rows = course.rows(seat, rest);
    while (course.next_part(rest, part)) {
      seat.enter(Activity::compute, seat.taken);
      train(part, rows);
      rows = rows.subspan(part.end - part.begin);
      course.observe(seat, part, course.w(), access);
    }
  }
  seat.finish();
}

/// That loop where there is no other worker: sequential SGD, whichever strategy it is the case of
/// one worker of.
void train_alone(Course& course, Seat& seat);

}  // namespace sgdbench
