// LIBSVM text to compressed sparse rows in their final order, on all cores, in hardly more memory
// than the result takes.
//
// Two passes over the text, in chunks cut at line ends. The first counts, at the speed of memory,
// the rows and the colons of each: an entry needs one, so they bound its length. With the
// number of rows known, each row's part and place are; with the lengths in the order of the places,
// so is where its entries start. The second pass parses every row straight to there. Nothing is
// copied or grown. Where the counts were too high (zeros written as 0.0, colons in comments), the
// gaps are closed at the end.
//
// Beside the result and the text there are 4 bytes a row, for its place. The checksums are summed
// up while each row is still in the nearest cache.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workloads/data/input_file.h"
#include "workloads/data/placement.h"
#include "workloads/data/rounding.h"

namespace sgdbench {

/// One part of a source.
struct Part {
  Examples examples;
  std::uint64_t checksum = 0;  ///< of its content in file order (checksum.h)
};

/// What is to be said of a file beside its parts.
struct LibsvmRemarks {
  LabelValues labels;              ///< their places are in the file's text
  std::vector<std::string> notes;  ///< whole sentences
};

/// Stored by the density rule (storage.h). `index_base` is 0 or 1; columns go up to the last
/// non-zero one of all parts. Throws BadData. The rules for what a row may look like are in
/// libsvm_parser.h.
std::vector<Part> read_libsvm(const InputFile& file, std::uint32_t index_base, const Placer& placer,
                              LibsvmRemarks& remarks, const ParallelFor& parallel);

}  // namespace sgdbench
