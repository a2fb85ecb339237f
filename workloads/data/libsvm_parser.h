// One chunk of LIBSVM text into rows: the loop that decides how fast files load.
//
//   row     = label { blanks index ":" value } [ "#" comment ] end of line
//   index   = digits, at most 2^31, not below the index base
//   value   = finite decimal number (see number.h)
//
// Rules. Blank lines and lines with only a comment are no rows. A row's indices may come in any
// order and are sorted; a repeated one is refused. Explicit zeros are dropped, as a table of the
// same numbers can't tell them from absent ones. `qid:` (ranking data) is refused.
#pragma once

#include <cstdint>
#include <string_view>

#include "workloads/data/matrix.h"

namespace sgdbench {

/// Where a chunk's rows are written. The arrays must hold one element per line and one entry per
/// colon of the chunk (text.h: tally), which no chunk's rows exceed.
struct RowSink {
  Entry* entries;
  std::uint64_t first_entry;  ///< position of entries[0] in the whole matrix
  std::uint64_t* row_ends;    ///< of each row, in the whole matrix
  float* targets;
};

struct ParsedRows {
  std::size_t rows = 0;
  std::size_t entries = 0;
  std::size_t columns = 0;  ///< up to the last non-zero one
};

/// Throws TextError. `chunk` holds whole lines and is followed by InputFile::kPadding readable
/// bytes; `index_base` is 0 or 1.
ParsedRows parse_libsvm(std::string_view chunk, std::uint32_t index_base, const RowSink& sink);

}  // namespace sgdbench
