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
#include <string_view>
#include <vector>

#include "workloads/data/input_file.h"
#include "workloads/data/matrix.h"
#include "workloads/data/number.h"
#include "workloads/data/placement.h"
#include "workloads/data/rounding.h"

namespace sgdbench {

/// What is to be said of a file beside its parts.
struct LibsvmRemarks {
  LabelValues labels;              ///< their places are in the file's text
  std::vector<std::string> notes;  ///< whole sentences
};

/// Stored by the density rule (storage.h). `index_base` is 0 or 1; columns go up to the last
/// non-zero one of all parts. Throws BadData. The rules for what a row may look like stand at
/// parse_libsvm().
std::vector<SourcePart> read_libsvm(const InputFile& file, std::uint32_t index_base,
                                    const Placer& placer, LibsvmRemarks& remarks,
                                    const ParallelFor& parallel);

/// Takes a chunk's rows, one after the other.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// Where the next row's entries go: room for as many as bounds_of_rows() says.
  virtual Entry* begin_row() = 0;
  /// `where` is the target's place in the text.
  virtual void end_row(const Decimal& target, const char* where, const Entry* end) = 0;
};

/// One chunk of LIBSVM text into rows: the loop that decides how fast files load.
///
///   row     = label { blanks index ":" value } [ "#" comment ] end of line
///   index   = digits, at most 2^31, not below the index base
///   value   = finite decimal number (see number.h)
///
/// Rules. Blank lines and lines with only a comment are no rows. A row's indices may come in any
/// order and are sorted; a repeated one is refused. Explicit zeros are dropped, as a table of the
/// same numbers can't tell them from absent ones. `qid:` (ranking data) is refused.
///
/// Throws TextError. `chunk` holds whole lines and is followed by InputFile::kPadding readable
/// bytes; `index_base` is 0 or 1.
void parse_libsvm(std::string_view chunk, std::uint32_t index_base, RowSink& sink);

/// ' ', tab, or the '\r' of a line end.
inline bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// For each row of a piece of LIBSVM text, a number of entries that it doesn't exceed, at the speed
/// of memory. A line is a row if it has something before a '#' that is no blank, which is what the
/// parser will say as well. A row has at most as many entries as its line has colons, less those
/// that begin ":0" and a blank or line end: explicit zeros, which are dropped. `chunk` holds whole
/// lines and is followed by InputFile::kPadding readable bytes. Throws TextError where a number is
/// above 2^31.
std::vector<std::uint32_t> bounds_of_rows(std::string_view chunk);

}  // namespace sgdbench
