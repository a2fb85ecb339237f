// The files of an invocation, looked at before anything runs: which it reads and writes, so that no
// report takes the place of what it is made from, nor of another one; whether its data will be
// found; and loading it.
//
// The idea: every verb says what it reads and what it writes before it does either; what a path
// leads to is compared (results/files.h), not how it is spelt. stdout counts as well where it is an
// ordinary file (`>> train.svm`).
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/configuration.h"
#include "cli/terminal.h"
#include "results/files.h"
#include "workloads/data/catalog.h"

namespace sgdbench {

class FileUse {
 public:
  FileUse();

  /// `who` names the option or argument. Both throw UsageError where the file has its use already;
  /// one that is read may be read again. `-` is stdin or stdout.
  void reads(std::string_view who, const std::filesystem::path& path);
  void writes(std::string_view who, const std::filesystem::path& path);
  /// The files of the data and of the distributions of these configurations. Throws what
  /// load_data() would for a source that is not there.
  void reads_of(std::span<const Configuration> configurations);

 private:
  struct Use {
    std::string who;
    std::filesystem::path path;
    FilePlace place;
    bool writes = false;
    bool unasked = false;  ///< stdout where no option names it
  };
  std::vector<Use> uses_;
};

/// "" if this source can be loaded as far as can be seen without reading it, else why not.
std::string why_no_source(const std::string& source);

/// Throws what load_data() would throw for a source that is not there: UsageError for a name that
/// is none, MissingData for a file or a data set that is not on this machine. A pipe can be read
/// once: UsageError where the configurations would load one again.
void check_sources(const std::vector<Configuration>& configurations);

/// load_data() within the memory that is free now; throws Interrupted soon after an interrupt.
TrainTest load_interruptibly(const DataRequest& request, const ParallelFor& parallel);

/// load_source() in the same way.
Dataset load_source_interruptibly(const DataRequest& request, const ParallelFor& parallel);

/// Says what loading noted, unless quiet.
void tell_notes(const TrainTest& data, Progress& progress);

}  // namespace sgdbench
