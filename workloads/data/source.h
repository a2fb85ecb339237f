// One source, a file or a generator, into a Dataset.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workloads/data/catalog.h"
#include "workloads/data/input_file.h"
#include "workloads/data/placement.h"

namespace sgdbench {

/// How many images `fashion-mnist:rows=6000,test=2000` takes of each part, the first ones; 0:
/// all.
struct ImageCounts {
  std::size_t training = 0, test = 0;
};
/// Nothing for other sources. Throws UsageError.
ImageCounts image_counts(std::string_view source);

/// The path that `source` stands for: itself, or where fashion-mnist is installed; empty for a
/// generator. Throws UsageError for an unknown name and MissingData where there is no such file.
std::string resolve_path(std::string_view source);

/// Loads one source, its rows dealt out by `placer`: the training part, and the test part if there
/// is one. Where `training` isn't null, the source is there to test on it: a table goes by that
/// one's columns and scaling.
std::vector<Dataset> load_parts(std::string_view source, const DataRequest& request,
                                const Placer& placer, const Dataset* training,
                                const ParallelFor& parallel, const ReadLimits& limits);

}  // namespace sgdbench
