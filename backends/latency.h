// What it costs threads to meet, to wake one another and to look at the clock.
#pragma once

#include <cstddef>
#include <optional>

namespace sgdbench {

/// Median nanoseconds of one meeting of `workers` threads at a Barrier. Nothing for one worker, and
/// where so many threads can't be had. About 20 ms, half a second where threads share cores.
std::optional<double> barrier_ns(std::size_t workers, bool pin);

/// Median nanoseconds from the moment at which a thread is woken to the one at which it runs, when
/// it has slept for a third of a millisecond. About 40 ms.
std::optional<double> wake_up_ns();

struct ClockCost {
  double resolution_ns = 0;  ///< smallest difference between two readings that differ
  double call_ns = 0;        ///< time of one reading
};
ClockCost clock_cost();

}  // namespace sgdbench
