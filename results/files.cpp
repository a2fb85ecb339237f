#include "results/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <chrono>
#include <climits>
#include <cstring>
#include <utility>

#include "results/atomic_file.h"
#include "results/text.h"

namespace sgdbench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{10};  ///< until the other end has to be open
constexpr int kLookAgain = 50;                 ///< milliseconds

const std::atomic<bool>* stop_flag = nullptr;

bool is_stopped() {
  return stop_flag && stop_flag->load(std::memory_order_relaxed);
}

/// One wait for the other end of a pipe.
class Wait {
 public:
  explicit Wait(const fs::path& path) : path_(path) {}
  /// Whether `fd` (−1: nothing, time passes) is ready after a moment. Throws StoppedWaiting.
  bool ready(int fd, short events) const {
    pollfd one{fd, events, 0};
    const int ready = ::poll(&one, 1, kLookAgain);
    if (!was_stopped_ && is_stopped())
      throw StoppedWaiting("interrupted while it waited for the other end of " + path_.string());
    return ready > 0;
  }
  bool took_too_long() const { return Clock::now() - began_ > kPatience; }

 private:
  const fs::path& path_;
  const bool was_stopped_ = is_stopped();
  const Clock::time_point began_ = Clock::now();
};

bool is_regular(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

[[noreturn]] void refuse_read() {
  throw ReadError(errno == ENOENT ? "there is no such file" : std::strerror(errno));
}

/// A descriptor that is inherited has had its other end all along; a named pipe may have none yet.
Descriptor open_for_reading(const fs::path& path, bool& inherited) {
  const auto number = descriptor_of(path);
  inherited = number.has_value();
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  Descriptor file(inherited ? ::fcntl(*number, F_DUPFD_CLOEXEC, 0)
                            : retry([&] { return ::open(path.c_str(), kFlags); }));
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) == -1) refuse_read();
  if (S_ISDIR(info.st_mode)) throw ReadError("it is a folder");
  return file;
}

}  // namespace

void stop_waiting_on(const std::atomic<bool>& flag) {
  stop_flag = &flag;
}

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

void hold_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is this one; read from what is open for writing, and the other way
    // round, it fails as a closed one does.
    [[maybe_unused]] const int taken =
        ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

Descriptor open_for_writing(const fs::path& path) {
  constexpr int kFlags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  struct stat info {};
  const Wait wait(path);
  while (true) {
    Descriptor file(retry([&] { return ::open(path.c_str(), kFlags); }));
    if (file.get() >= 0) return file;
    if (errno != ENXIO || ::stat(path.c_str(), &info) == -1) refuse_write(path);
    if (!S_ISFIFO(info.st_mode)) refuse_write(path, std::strerror(ENXIO));
    if (wait.took_too_long()) refuse_write(path, "no process reads this pipe");
    wait.ready(-1, 0);
  }
}

/// read() tells an end from silence where poll() does not: it is 0 where no process writes.
std::string read_file(const fs::path& path, std::size_t most) {
  const Wait wait(path);
  bool met = false;  // another process writes, or wrote
  const Descriptor file = open_for_reading(path, met);
  const bool regular = is_regular(file.get());
  const bool never_blocks = !met;
  met |= regular;
  std::string text, buffer(std::size_t{1} << 16, '\0');
  while (true) {
    if (!regular && !wait.ready(file.get(), POLLIN) && !never_blocks) continue;
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got > 0) {
      text.append(buffer, 0, static_cast<std::size_t>(got));
      if (text.size() > most) throw TooLong("it has more than " + std::to_string(most) + " bytes");
    } else if (got == 0 && met) {
      return text;
    } else if (got == 0) {
      if (wait.took_too_long()) throw ReadError("no process writes to this pipe");
    } else if (errno != EAGAIN && errno != EINTR) {
      refuse_read();
    }
    met |= got > 0 || (got < 0 && errno == EAGAIN);
  }
}

/// A pipe that is polled takes PIPE_BUF bytes at once, so the program waits in poll() alone, which
/// sees the flag.
void write_all(int fd, std::string_view content, const fs::path& path) {
  const bool waits = !is_regular(fd);
  const Wait wait(path);
  while (!content.empty()) {
    if (waits && !wait.ready(fd, POLLOUT)) continue;
    const auto piece = waits ? content.substr(0, PIPE_BUF) : content;
    const ssize_t written = ::write(fd, piece.data(), piece.size());
    if (written >= 0)
      content.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
      refuse_write(path);
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

namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  ///< as many as Linux follows

std::optional<FilePlace> place_of(const struct stat& info) {
  if (S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3)) return {};
  const bool keeps = !S_ISCHR(info.st_mode) && !S_ISFIFO(info.st_mode) && !S_ISSOCK(info.st_mode);
  return FilePlace{info.st_dev, info.st_ino, "", keeps};
}

/// Of a path whose last part is no link but to the file itself.
std::optional<int> open_file(const fs::path& path) {
  std::error_code error;
  if (fs::canonical(folder_of(path), error) != fs::canonical("/proc/self/fd", error) || error)
    return {};
  const auto name = path.filename().string();
  const auto number = read_number<int>(name);
  return number ? std::optional(number.value) : std::nullopt;
}

/// Follows one link after another until `found` says that this is it.
template <class Found>
fs::path follow(const fs::path& path, Found found) {
  fs::path at = path;
  std::error_code error;
  for (int i = 0; i < kMostLinks; ++i) {
    if (found(at) || !fs::is_symlink(at, error)) return at;
    const fs::path target = fs::read_symlink(at, error);
    if (error) return path;
    at = target.is_absolute() ? target : folder_of(at) / target;
  }
  return path;
}

}  // namespace

fs::path follow_links(const fs::path& path) {
  return follow(path, [](const fs::path&) { return false; });
}

std::optional<int> descriptor_of(const fs::path& path) {
  return open_file(follow(path, [](const fs::path& at) { return open_file(at).has_value(); }));
}

bool leads_to_stdout(const fs::path& path) {
  return path == "-" || descriptor_of(path) == STDOUT_FILENO;
}

std::optional<FilePlace> place_of(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) return place_of(info);
  const fs::path target = follow_links(path);
  if (::stat(folder_of(target).c_str(), &info) == -1) return {};
  return FilePlace{info.st_dev, info.st_ino, target.filename().string()};
}

std::optional<FilePlace> place_of(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 ? place_of(info) : std::nullopt;
}

}  // namespace sgdbench
