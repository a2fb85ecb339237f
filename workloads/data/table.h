// Dense tables: CSV, TSV and the like, to matrices in their final order.
//
// Rules. Cells are separated as table_lines.h says, and the columns are what table_columns.h says.
// Cells may have blanks around them and may be quoted ("" inside quotes is one "), but a quoted
// cell can't span lines. Every row has as many cells as the first line; all below the header are
// finite numbers, but for those of columns that are left out. Blank lines are skipped.
//
// Memory. The text is parsed twice or three times, so that beside it there is nothing but the
// result. The first pass counts rows; with them, each row's part and place are known. The second,
// for data that are to be standardised, parses in double and gathers mean and deviation of the
// training rows. The last parses in double again, scales, rounds once, and writes to the place.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "workloads/data/catalog.h"
#include "workloads/data/libsvm.h"
#include "workloads/data/rounding.h"
#include "workloads/data/table_columns.h"

namespace sgdbench {

struct Table {
  std::vector<Part> parts;
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
