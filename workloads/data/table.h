// Dense tables: CSV, TSV and the like, to matrices in their final order.
//
// Rules. Cells are separated as table_lines.h says.
// Cells may have blanks around them and may be quoted ("" inside quotes is one "), but a quoted
// cell can't span lines. Every row has as many cells as the first line; all below the header are
// finite numbers, but for those of columns that are left out. Blank lines are skipped.
//
// Memory. The text is parsed twice or three times, so that beside it there is nothing but the
// result. The first pass counts rows; with them, each row's part and place are known. The second,
// for data that are to be standardised, parses in double and gathers mean and deviation of the
// training rows. The last parses in double again, scales, rounds once, and writes to the place.
//
// Columns. Each is the label, left out, or a feature. A first line is the header, with the columns'
// names, if none of its cells is a number and one of them is neither empty nor a missing value
// (nan, inf, na, null), or if the request says so. A line of numbers and names is refused unless
// the request says what it is, and so is 0,1,2,3…, as programs write it that number nameless
// columns. A table to test on has the training table's columns, in any order: they are matched by
// name. Two tables without headers are matched by position; one with and one without can't be
// matched.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/data/catalog.h"
#include "workloads/data/input_file.h"
#include "workloads/data/libsvm.h"
#include "workloads/data/rounding.h"
#include "workloads/data/scaling.h"

namespace sgdbench {

/// The first line of a table.
struct TableHeader {
  char separator = ',';
  std::vector<std::string> names;   ///< empty: there is no header
  std::size_t columns = 0;          ///< cells of the first line
  std::vector<const char*> places;  ///< of these cells
  std::size_t length = 0;           ///< bytes before the first row
};

/// Throws BadData where the first line is neither a header nor a row.
TableHeader read_table_header(const InputFile& file, HeaderRule rule);

struct TableColumns {
  static constexpr std::uint32_t kLabel = ~std::uint32_t{0};
  static constexpr std::uint32_t kLeftOut = kLabel - 1;

  TableHeader header;
  std::vector<std::uint32_t> roles;  ///< of each column: its feature's number, or one of the above
  std::size_t features = 0;

  std::size_t label() const;  ///< the label's column, from 0
  /// "column 3", or "column 'width'" where there is a header.
  std::string column_name(std::size_t column) const;
  /// The column that is a feature.
  std::size_t column_of(std::uint32_t feature) const;
};

/// What a table says beside its rows, and a table to test on has to go by.
struct TableFacts {
  TableColumns columns;
  std::optional<Scaling> scaling;  ///< of the features, where they were standardised
};

/// The columns of a table to train on, and what is to be said about them. Throws BadData, or
/// UsageError for a column that was asked for and isn't there.
TableColumns arrange_columns(const TableHeader& header, const InputFile& file,
                             const DataRequest& request, std::vector<std::string>& notes);

/// The columns of a table to test on, each with the role that it has in the training table, `name`
/// being that one's. Throws BadData where they can't be matched.
TableColumns match_columns(const TableHeader& header, const InputFile& file,
                           const TableColumns& training, const std::string& name);

struct Table {
  std::vector<SourcePart> parts;
  std::shared_ptr<const TableFacts> facts;
  LabelValues labels;              ///< their places are in the file's text
  std::vector<std::string> notes;  ///< whole sentences
};

/// A table to train on, standardised if the request says so, or else stored by the density rule
/// (storage.h). Throws BadData, or UsageError for a column that was asked for and isn't there.
Table read_table(const InputFile& file, const DataRequest& request, const Placer& placer,
                 const ParallelFor& parallel);

/// A table to test on what `training` says, which is called `name`: with its columns, and scaled as
/// it is.
Table read_test_table(const InputFile& file, const DataRequest& request,
                      const std::shared_ptr<const TableFacts>& training, const std::string& name,
                      const ParallelFor& parallel);

}  // namespace sgdbench
