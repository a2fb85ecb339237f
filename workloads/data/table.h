// Dense tables: CSV and TSV.
//
// Rules. The first line is a header if one of its cells is not a number (nan, inf, na and null are
// missing numbers, not names). Cells may have blanks around them and may be quoted ("" inside
// quotes is one "), but a quoted cell can't span lines. Every row has as many cells as the first;
// every cell below the header is a finite number. Blank lines are skipped. One column, the first
// unless another is asked for, is the label; the others are the features, in their order.
#pragma once

#include <string>

#include "workloads/data/input_file.h"
#include "workloads/data/storage.h"
#include "workloads/parallel.h"

namespace sgdbench {

/// The features are dense, all columns. `label_column` is a name of the header, a number from 1, or
/// empty: the first. Throws BadData, or UsageError for a label column that is not there.
Examples read_table(const InputFile& file, char separator, const std::string& label_column,
                    const ParallelFor& parallel);

}  // namespace sgdbench
