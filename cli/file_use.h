// Which files an invocation reads and writes, so that no report takes the place of what it is made
// from, nor of another one.
//
// The idea: every verb says what it reads and what it writes before it does either; what a path
// leads to is compared (results/file_place.h), not how it is spelt. stdout counts as well where it
// is an ordinary file (`>> train.svm`).
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cell.h"
#include "results/files.h"

namespace sgdbench {

class FileUse {
 public:
  FileUse();

  /// `who` names the option or argument. Both throw UsageError where the file has its use already;
  /// one that is read may be read again. `-` is stdin or stdout.
  void reads(std::string_view who, const std::filesystem::path& path);
  void writes(std::string_view who, const std::filesystem::path& path);
  /// The files of the data and of the laws of these cells. Throws what load_data() would for a
  /// source that is not there.
  void reads_of(std::span<const Cell> cells);

 private:
  struct Use {
    std::string who;
    std::filesystem::path path;
    FilePlace place;
    bool writes = false;
    bool unasked = false;  ///< stdout where nobody named it
  };
  void add(Use use);
  std::vector<Use> uses_;
};

}  // namespace sgdbench
