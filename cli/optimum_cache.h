// Computed optima, kept from one run to the next.
//
// The idea: f* is a function of the training examples, the objective and λ. Where each one was
// found is a JSON file in the user's cache folder ($XDG_CACHE_HOME/sgdbench, or ~/.cache/sgdbench):
// w, and of the svm its dual solution. The search begins there, and what it proves is f*, in a few
// passes over the data: so nothing in an entry is believed, and one that is torn, edited or of
// something else costs time and no number. Its name says what it is of, and so does its content.
// Entries are replaced as a whole (results/atomic_file.h), so any number of processes may read and
// write them at once.
//
// The checksum covers features and targets of the training part after the hold-out is taken away
// and the features are standardised; it knows neither the order of rows and features in memory nor
// whether they are stored sparse, none of which changes f. The number of classes is beside it: a
// class that only the test part has is a column of softmax's parameters too. w is in the order of
// the features in memory, which the sum of all rows tells; the dual solution is in the order of the
// rows' checksums, as equal rows may change places.
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

/// What the text of an entry says, the multipliers in its own order, if it is of `key` (JSON); else
/// nothing.
OptimumPoint parse_optimum(std::string_view entry, std::string_view key);

/// The text of an entry; nothing where there is none. Throws ReadError where there is something
/// that can't be one: no ordinary file (a pipe might never end), or one of more than `most` bytes.
std::optional<std::string> read_entry(const std::filesystem::path& path, std::size_t most);

/// Replaces an entry, or makes it, folder and all. One that can't be written is left out.
void write_entry(const std::filesystem::path& path, std::string_view text) noexcept;

/// find_optimum(). Ends early, with NotConverged, on interrupted().
Optimum found_optimum(const Problem& problem, const WorkloadOptions& options, const TrainTest& data,
                      const ParallelFor& parallel);

/// find_optimum(), from where it ended before. Ends early, with NotConverged, on interrupted().
/// `from_cache`, where not null, is set to whether that was the solution already.
Optimum cached_optimum(const Problem& problem, const WorkloadOptions& options,
                       const TrainTest& data, const ParallelFor& parallel,
                       bool* from_cache = nullptr);

}  // namespace sgdbench
