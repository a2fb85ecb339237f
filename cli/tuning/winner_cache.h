// The settings that searches found, kept from one run to the next.
//
// The idea: what is best is a function of the configuration, the data, the machine and the build.
// Each winner is a JSON file in the folder of the optima (optimum_cache.h), which says in full what
// it is of: the command line that a configuration is, checksums of the training and the test data,
// the processor, its host and cores, and of the build its flags, its libraries and the checksum of
// the executable itself, so that two builds of one commit with other changes don't share an entry.
// Nothing in an entry is believed because it is there: one of something else, torn or with numbers
// that can't be is ignored with a note, and what was found is verified like what was typed before
// it is timed. Entries are replaced as a whole (results/atomic_file.h), so any number of processes
// may read and write them at once.
//
// Invariant: without a usable folder there is no cache, and nothing fails.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "cli/configuration.h"
#include "cli/run_record.h"

namespace sgdbench {

/// What the text of an entry says if it is of `key` (JSON) and can be, of data with so many
/// examples; else nothing, and `why_not` is a clause. What it cost to find is not said: it costs
/// nothing any more.
std::optional<Tuned> parse_winner(std::string_view entry, std::string_view key,
                                  std::uint64_t examples, std::string& why_not);

/// One configuration's entry.
class CachedWinner {
 public:
  CachedWinner(const Cell& cell, const DataFacts& facts);

  /// Nothing where there is none, or none that can be used: then `note` says why.
  std::optional<Tuned> read(std::string& note) const;
  void write(const Tuned& tuned) const;

 private:
  std::filesystem::path path_;  ///< "" where there is no cache
  std::string key_;             ///< JSON
  std::uint64_t examples_;
};

}  // namespace sgdbench
