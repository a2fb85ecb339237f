// A report file is complete or absent.
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sgdbench {

/// A report could not be written; what() names the path and the system's reason. Exit code 74.
class WriteError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Replaces `path` by a file with exactly `content`, or leaves it as it was: a temporary file in
/// the same folder, every call checked, fsync, rename, fsync of the folder. `-` is stdout. A
/// symbolic link stays one. What is no ordinary file (a pipe), or open already (/dev/stdout), is
/// written to directly. Throws WriteError, and StoppedWaiting (files.h).
void write_atomically(const std::filesystem::path& path, std::string_view content);

/// The same for content that comes in pieces: nothing is at `path` before finish(), and nothing is
/// left behind without it. Every call throws WriteError.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void append(std::string_view piece);
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Makes the folder, and those that it lies in, where they are missing. Throws WriteError.
void make_folder(const std::filesystem::path& folder);

/// Throws WriteError if write_atomically() to `path` can be seen to fail before anything is
/// computed: no such folder, no permission, a folder in its place.
void check_writable(const std::filesystem::path& path);

}  // namespace sgdbench
