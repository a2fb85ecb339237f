// What one invocation finds and the next need not look for again: optima, and the best settings.
//
// The idea: each is a JSON file in the user's cache folder ($XDG_CACHE_HOME/sgdbench, or
// ~/.cache/sgdbench). Its content says what it is of, and nothing else in it is believed because it
// is there. Entries are replaced as a whole (results/atomic_file.h), so any number of processes may
// read and write them at once.
//
// Invariant: without a usable folder there is no cache, and nothing fails.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "cli/run_record.h"
#include "cli/setup.h"
#include "workloads/optimum/optimum.h"

namespace sgdbench {

// Computed optima. f* is a function of the training examples, the objective and λ. An entry is
// where it was found: w, and of the svm its dual solution. The search begins there, and what it
// proves is f*, in a few passes over the data: so an entry that is torn, edited or of something
// else costs time and no number. Its name says what it is of too.
//
// The checksum covers features and targets of the training part after the hold-out is taken away
// and the features are standardised; it knows neither the order of rows and features in memory nor
// whether they are stored sparse, none of which changes f. The number of classes is beside it: a
// class that only the test part has is a column of softmax's parameters too. w is in the order of
// the features in memory, which the sum of all rows tells; the dual solution is in the order of the
// rows' checksums, as equal rows may change places.

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

// The settings that searches found. What is best is a function of the configuration, the data, the
// machine and the build. An entry says in full what it is of: the command line that a configuration
// is, checksums of the training and the test data, the processor, its host and cores, and of the
// build its flags, its libraries and the checksum of the executable itself, so that two builds of
// one commit with other changes don't share an entry. One of something else, torn or with numbers
// that can't be is ignored with a note, and what was found is verified like what was typed before
// it is timed.

/// What the text of an entry says if it is of `key` (JSON) and can be, of data with so many
/// examples; else nothing, and `why_not` is a clause. What it cost to find is not said: it costs
/// nothing any more.
std::optional<Tuned> parse_winner(std::string_view entry, std::string_view key,
                                  std::uint64_t examples, std::string& why_not);

/// One configuration's entry.
class CachedWinner {
 public:
  CachedWinner(const Configuration& configuration, const DataFacts& facts);

  /// Nothing where there is none, or none that can be used: then `note` says why.
  std::optional<Tuned> read(std::string& note) const;
  void write(const Tuned& tuned) const;

 private:
  std::filesystem::path path_;  ///< "" where there is no cache
  std::string key_;             ///< JSON
  std::uint64_t examples_;
};

}  // namespace sgdbench
