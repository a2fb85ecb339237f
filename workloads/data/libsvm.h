// LIBSVM text to compressed sparse rows, on all cores, in no more memory than the result takes.
//
// Two passes over the text, in chunks cut at line ends. The first only counts lines and colons,
// at the speed of memory: a row needs a line and an entry needs a colon, so the counts bound both,
// and their prefix sums say where each chunk's rows go. The second parses every chunk straight
// into its place in the final arrays. Nothing is copied or grown. Where the counts were too high
// (blank lines, colons in comments, explicit zeros), the gaps are closed at the end.
#pragma once

#include <cstdint>

#include "workloads/data/input_file.h"
#include "workloads/data/storage.h"
#include "workloads/parallel.h"

namespace sgdbench {

/// The features are sparse. `index_base` is 0 or 1; columns go up to the last non-zero one. Throws
/// BadData. The rules for what a row may look like are in libsvm_parser.h.
Examples read_libsvm(const InputFile& file, std::uint32_t index_base, const ParallelFor& parallel);

}  // namespace sgdbench
