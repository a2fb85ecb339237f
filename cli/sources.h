// Whether data will be found, asked before anything runs.
#pragma once

#include <string>

#include "cli/progress.h"
#include "workloads/data/catalog.h"

namespace sgdbench {

/// "" if this source can be loaded as far as can be seen without reading it, else why not.
std::string why_no_source(const std::string& source);

/// Throws what load_data() would throw for a source that is not there: UsageError for a name that
/// is none, MissingData for a file or a data set that is not on this machine.
void check_sources(const DataRequest& request);

/// load_data(), telling what it notes.
TrainTest load_noted(const DataRequest& request, const ParallelFor& parallel, Progress& progress);

}  // namespace sgdbench
