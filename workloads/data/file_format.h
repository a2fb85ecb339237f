// Which format a file is in, from what it contains.
//
// The rule, in this order:
//   1. 00 00, a type code 08 … 0e and a number of dimensions: IDX.
//   2. Something else that is known, or binary: refused (foreign_kind).
//   3. Text. Of its first line that is neither blank nor a comment: if the second word starts with
//      digits and a colon, or with "qid:", it is LIBSVM. Otherwise, if its lines have a separator
//      (table_lines.h), it is a table.
//   4. Where neither shows (rows without features, one column), a name in .csv or .tsv (before
//      .gz, .bz2, .xz or .zst) says table, and everything else is LIBSVM.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sgdbench {

enum class FileFormat { libsvm, idx, table };

/// Throws BadData for what none of them is.
FileFormat detect_format(std::string_view path, std::string_view content);

/// What the content is and what would be right, as a clause for an error message; none for text and
/// for IDX files.
std::optional<std::string> foreign_kind(std::string_view content);

}  // namespace sgdbench
