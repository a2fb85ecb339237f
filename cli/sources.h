// Whether data will be found, asked before anything runs; and loading it.
#pragma once

#include <string>
#include <vector>

#include "cli/cell.h"
#include "cli/progress.h"
#include "workloads/data/catalog.h"

namespace sgdbench {

/// "" if this source can be loaded as far as can be seen without reading it, else why not.
std::string why_no_source(const std::string& source);

/// Throws what load_data() would throw for a source that is not there: UsageError for a name that
/// is none, MissingData for a file or a data set that is not on this machine. A pipe can be read
/// once: UsageError where the cells would load one again.
void check_sources(const std::vector<Cell>& cells);

/// load_data() within the memory that is free now; throws Interrupted soon after an interrupt.
TrainTest load_interruptibly(const DataRequest& request, const ParallelFor& parallel);

/// load_source() in the same way.
Dataset load_source_interruptibly(const DataRequest& request, const ParallelFor& parallel);

/// Says what loading noted, unless quiet.
void tell_notes(const TrainTest& data, Progress& progress);

}  // namespace sgdbench
