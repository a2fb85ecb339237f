// How fast the machine is beside a run: the time of two fixed pieces of work that no change of the
// program makes slower. A report that was made at another pace can't tell a slower program from a
// slower machine.
#pragma once

#include <cstddef>
#include <optional>

namespace sgdbench {

/// Per thread, while all do the same; nothing where no thread got anything done.
struct Pace {
  std::optional<double> compute_ns;  ///< of a unit of multiplications and additions
  std::optional<double> read_ns;     ///< of 64 KiB, out of a range that no core's own cache holds
};

/// Of as many threads as there are workers, but no more than usable cores; about 10 ms.
Pace measure_pace(std::size_t workers, bool pin);

/// The mean of two of them.
Pace mean_of(const Pace& a, const Pace& b);

}  // namespace sgdbench
