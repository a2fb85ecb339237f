// Equal pieces of work, one after the other: how much their times differ is the machine's noise.
#pragma once

#include <cstddef>
#include <vector>

namespace sgdbench {

/// Units of work (pure_compute.h) that take about `seconds` on a quiet core.
std::size_t units_in(double seconds);

/// Seconds of each of a row of pieces of `units` units, as many as fit into `budget_s` seconds, and
/// one at least. Each of `threads` threads does a piece of that size, and it is over when the last
/// one is done, as in a synchronous step. Empty where so many threads can't be had.
std::vector<double> time_pieces(std::size_t threads, bool pin, std::size_t units, double budget_s);

}  // namespace sgdbench
