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
#include "workloads/data/number.h"

namespace sgdbench {

/// Takes a chunk's rows, one after the other.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// Where the next row's entries go: room for as many as libsvm_lines.h says.
  virtual Entry* begin_row() = 0;
  /// `where` is the target's place in the text.
  virtual void end_row(const Decimal& target, const char* where, const Entry* end) = 0;
};

/// Throws TextError. `chunk` holds whole lines and is followed by InputFile::kPadding readable
/// bytes; `index_base` is 0 or 1.
void parse_libsvm(std::string_view chunk, std::uint32_t index_base, RowSink& sink);

}  // namespace sgdbench
