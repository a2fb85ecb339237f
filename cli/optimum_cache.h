// Computed optima, kept from one run to the next.
//
// The idea: f* is a function of the training examples, the objective and λ. Each one found is a
// small JSON file in the user's cache folder ($XDG_CACHE_HOME/sgdbench, or ~/.cache/sgdbench). Its
// name says what it is of, and so does its content: an entry that is torn, of something else or
// without its certificate is ignored and computed anew. Entries are replaced as a whole
// (results/atomic_file.h), so any number of processes may read and write them at once.
//
// The checksum covers features and targets of the training part after the hold-out is taken away
// and the features are standardised; it knows neither the order of rows and features in memory nor
// whether they are stored sparse, none of which changes f. The number of classes is beside it: a
// class that only the test part has is a column of softmax's parameters too.
//
// Invariant: without a usable folder there is no cache, and nothing fails.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "workloads/optimum/optimum.h"

namespace sgdbench {

/// Nothing where neither variable holds an absolute path.
std::optional<std::filesystem::path> cache_folder();

/// What the text of an entry says, if it is of `key` (JSON) and certified; else nothing.
std::optional<Optimum> parse_optimum(std::string_view entry, std::string_view key);

/// The file name of this problem's entry.
std::string cache_entry(const Problem& problem, const WorkloadOptions& options,
                        const Dataset& train);

/// find_optimum(), or what it found before. Ends early, with NotConverged, on interrupted().
/// `from_cache`, where not null, is set to whether it was known.
Optimum cached_optimum(const Problem& problem, const WorkloadOptions& options,
                       const TrainTest& data, const ParallelFor& parallel,
                       bool* from_cache = nullptr);

}  // namespace sgdbench
