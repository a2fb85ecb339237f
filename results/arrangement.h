// Which configurations a table shows, and in which order.
//
// The idea: CSV and JSON have every row, but a table of a hundred is not read. So a table can be
// sorted by what came out, and a sweep can be condensed to the best of each strategy, by the one
// outcome (outcome.h). A best value at the edge of what was swept says little: the row says so.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/fields.h"
#include "results/record.h"

namespace sgdbench {

/// What a table can be sorted by.
struct SortColumn {
  std::string_view name;
  /// Of one run; kNever where it did not come to that. Null: by the strategy's name.
  std::optional<double> (*number)(const RunRecord&);
  bool descending = false;
  /// It is a result: configurations that can't win come after all others, those without a value
  /// last.
  bool result = true;
  bool needs_target = false;
};
std::span<const SortColumn> sort_columns();

/// How a table is to be laid out.
struct Layout {
  const SortColumn* sort = nullptr;  ///< null: in the order asked
  RunFields best_per;                ///< settings; none: all rows
  RunFields columns;                 ///< what is shown besides, as medians, in tables of their own
};

/// What a table shows.
struct Arrangement {
  std::vector<std::string> config_ids;         ///< problem by problem
  std::map<std::string, std::string> remarks;  ///< on some of them, by config_id
  std::size_t left_out = 0;                    ///< configurations that are not shown
};

/// The configurations of `runs` problem by problem, in the order of `asked` (then of their first
/// runs) if not sorted.
Arrangement arrange(std::span<const RunRecord> runs, std::span<const std::string> asked,
                    const Layout& layout);

/// "3 configurations are not shown: only the best of each backend"; "" where all are.
std::string left_out_text(std::size_t left_out, const Layout& layout);

}  // namespace sgdbench
