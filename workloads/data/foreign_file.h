// What a file is that is neither LIBSVM nor a table nor IDX.
//
// The idea: such a file would be refused at its first cell or label, which says nothing to somebody
// who has named the wrong file, or whose download is an error page. A few kinds that people really
// name are known by their first bytes; binary data of any other kind by control characters, of
// which text has next to none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sgdbench {

/// What the content is and what would be right, as a clause for an error message; none for text and
/// for IDX files.
std::optional<std::string> foreign_kind(std::string_view content);

}  // namespace sgdbench
