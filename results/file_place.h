// Where a path leads.
//
// The idea: a file has many spellings (relative, through links, /dev/stdout) and several names.
// What is the same for all of them is its device and inode; of a file that is not there yet, its
// name and those of its folder.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace sgdbench {

/// `path` with the symbolic links that it names followed to their end, whether a file is there or
/// not. One of a loop stays as it is.
std::filesystem::path follow_links(const std::filesystem::path& path);

/// The number of the open file that `path` stands for: /dev/stdout, /dev/fd/N, /proc/self/fd/N, and
/// links to these. Such a file is already open for what its opener meant (`>> log`, a pipe), so it
/// is used as it is and never replaced.
std::optional<int> descriptor_of(const std::filesystem::path& path);

/// Whether a report with this path goes to stdout: `-`, /dev/stdout and so on.
bool leads_to_stdout(const std::filesystem::path& path);

struct FilePlace {
  dev_t device = 0;
  ino_t inode = 0;            ///< of the file; of its folder where there is no file yet
  std::string name;           ///< in that folder; "" where there is a file
  bool keeps_content = true;  ///< an ordinary file or a disk: no pipe, no terminal
  bool operator==(const FilePlace&) const = default;
};

/// Nothing for the null device, which nobody can spoil, and for what isn't there at all.
std::optional<FilePlace> place_of(const std::filesystem::path& path);
std::optional<FilePlace> place_of(int fd);

}  // namespace sgdbench
