#include "results/file_calls.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "results/atomic_file.h"

namespace sgdbench {

namespace fs = std::filesystem;

void refuse_write(const fs::path& path, const std::string& why) {
  throw WriteError("cannot write " + path.string() + ": " + why);
}
void refuse_write(const fs::path& path) {
  refuse_write(path, std::strerror(errno));
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}
Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

/// Linux closes the file even when a signal interrupts, so that is no error and no reason to call
/// again.
bool Descriptor::close() {
  const int result = ::close(std::exchange(fd_, -1));
  return result == 0 || errno == EINTR;
}

/// write() may take a part, and a non-blocking pipe may take nothing for a while.
void write_all(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written >= 0) {
      content.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd ready{fd, POLLOUT, 0};
      if (::poll(&ready, 1, -1) == -1 && errno != EINTR) refuse_write(path);
    } else if (errno != EINTR) {
      refuse_write(path);
    }
  }
}

void sync_file(int fd, const fs::path& path) {
  if (retry([fd] { return ::fsync(fd); }) == -1 && errno != EINVAL) refuse_write(path);
}

void sync_folder(const fs::path& folder, const fs::path& path) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  const Descriptor handle(retry([&] { return ::open(folder.c_str(), kFlags); }));
  if (handle.get() < 0 && errno == EACCES) return;  // a folder that may be written but not read
  if (handle.get() < 0) refuse_write(path);
  sync_file(handle.get(), path);
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace sgdbench
