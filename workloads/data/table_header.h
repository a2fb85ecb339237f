// The first line of a table: how many columns, what they are called, which is the label.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sgdbench {

struct TableHeader {
  std::vector<std::string> names;  ///< empty: the first line is a row like the others
  std::size_t columns = 0;
  std::size_t length = 0;  ///< of the header line with its end; 0 where there is none
};

/// Reads the first line that is not blank; table.h has the rules.
TableHeader read_table_header(std::string_view text, char separator);

/// The position from 0 of the column asked for (see read_table); throws UsageError, `path` in its
/// text.
std::size_t find_label_column(const TableHeader& header, const std::string& asked,
                              const std::string& path);

}  // namespace sgdbench
