// What rank 0 says to the others, so that all ranks make the same backends and runs.
#pragma once

#include <memory>

#include "backends/backend.h"

namespace sgdbench {

/// `make` on this rank; where this rank leads, on the others of the run too, and their runs with
/// its runs. Otherwise all ranks call it, and whatever they call of what they are given.
std::unique_ptr<Backend> led(const RunSpec& spec, const Problem& problem,
                             std::unique_ptr<Backend> (*make)(const RunSpec&, const Problem&));

/// A configuration as a message, and back. Distributions and stragglers travel as they were
/// written; of what a simulation is told, the all-reduce and the shards alone. Throws what
/// parsing them throws, and BadData for a trace that has other durations here.
std::string packed(const RunSpec& spec);
RunSpec unpacked(std::string_view bytes);

}  // namespace sgdbench
