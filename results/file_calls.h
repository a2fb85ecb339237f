// System calls on files, each checked: what goes wrong is a WriteError that names the path.
#pragma once

#include <sys/types.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>

namespace sgdbench {

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

/// Writes everything; a regular file takes it in one call unless the disk is full.
void write_all(int fd, std::string_view content, const std::filesystem::path& path);

/// fsync(). Some file systems can't and say so by EINVAL: they keep no promise that could be
/// broken.
void sync_file(int fd, const std::filesystem::path& path);

/// After this, a new name in the folder survives a power cut too. `path` is for the error.
void sync_folder(const std::filesystem::path& folder, const std::filesystem::path& path);

std::filesystem::path folder_of(const std::filesystem::path& path);

}  // namespace sgdbench
