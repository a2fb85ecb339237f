// System calls on files, each checked: what goes wrong in writing is a WriteError that names the
// path.
//
// Waiting for the other end of a pipe is never for ever: it ends when the flag of stop_waiting_on()
// is raised, and the other end has to be opened within ten seconds.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sgdbench {

/// A file could not be read; what() is the reason alone.
class ReadError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// It has more bytes than the caller allows.
class TooLong : public ReadError {
 public:
  using ReadError::ReadError;
};

/// A signal came while the program waited for the other end of a pipe. Exit code 130.
class StoppedWaiting : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// From now on, whatever waits for the other end of a pipe throws StoppedWaiting when the flag is
/// raised meanwhile. One that was up before it began to wait stops nothing: the reports of a run
/// that was interrupted are written.
void stop_waiting_on(const std::atomic<bool>& flag);

/// Throws WriteError: "cannot write PATH: WHY".
[[noreturn]] void refuse_write(const std::filesystem::path& path, const std::string& why);
/// The same, with the reason that errno has.
[[noreturn]] void refuse_write(const std::filesystem::path& path);

/// Calls again for as long as a signal interrupts.
template <class Call>
auto retry(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

/// An open file; closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  int get() const { return fd_; }
  /// False for an error that was held back until now (NFS, quotas).
  bool close();

 private:
  int fd_;
};

/// Takes the numbers 0 to 2 where nothing is open, so that no file that is opened later has one of
/// them, and what the program says does not land in it. Reading and writing there still fail.
void hold_standard_descriptors();

/// Opens the file for writing as it is. Throws WriteError, for a pipe without a reader too, and
/// StoppedWaiting.
Descriptor open_for_writing(const std::filesystem::path& path);

/// The whole content of a file or a pipe. Throws ReadError, TooLong for more than `most` bytes, and
/// StoppedWaiting.
std::string read_file(const std::filesystem::path& path,
                      std::size_t most = std::numeric_limits<std::size_t>::max());

/// Writes everything; a regular file takes it in one call unless the disk is full.
void write_all(int fd, std::string_view content, const std::filesystem::path& path);

/// fsync(). Some file systems can't and say so by EINVAL: they keep no promise that could be
/// broken.
void sync_file(int fd, const std::filesystem::path& path);

/// After this, a new name in the folder survives a power cut too. `path` is for the error.
void sync_folder(const std::filesystem::path& folder, const std::filesystem::path& path);

std::filesystem::path folder_of(const std::filesystem::path& path);

// Where a path leads.
//
// The idea: a file has many spellings (relative, through links, /dev/stdout) and several names.
// What is the same for all of them is its device and inode; of a file that is not there yet, its
// name and those of its folder.

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

/// Nothing for the null device, which no output can spoil, and for what isn't there at all.
std::optional<FilePlace> place_of(const std::filesystem::path& path);
std::optional<FilePlace> place_of(int fd);

}  // namespace sgdbench
