#include "workloads/data/input_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "workloads/data/decompressor.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

using namespace std::string_view_literals;

struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) close(value);
  }
};

std::string shown(const std::string& path) {
  return path == kStandardInput ? "stdin" : path;
}

[[noreturn]] void missing(const std::string& path, const std::string& why) {
  throw MissingData(shown(path) + ": " + why);
}
[[noreturn]] void missing(const std::string& path) {
  missing(path, std::strerror(errno));
}

void check_kind(const std::string& path, mode_t mode) {
  if (S_ISDIR(mode)) missing(path, "is a folder; name a file in it");
  if (S_ISBLK(mode) || S_ISCHR(mode)) missing(path, "is a device; name a file or a pipe");
}

/// Not waiting for a pipe's other end: wait_for_data() does, and hears of interrupts.
int open_for_reading(const std::string& path) {
  if (path == kStandardInput) return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

int status_of(const std::string& path, struct stat& status) {
  return path == kStandardInput ? fstat(STDIN_FILENO, &status) : stat(path.c_str(), &status);
}

/// Until there is something to read, or no writer is left. An interrupt may come just before the
/// wait begins, where no system call would be cut short by it: so the flag is looked at regularly.
void wait_for_data(int descriptor, const std::string& path, const std::atomic<bool>* stop) {
  constexpr int kMilliseconds = 100;
  pollfd wait{descriptor, POLLIN, 0};
  do {
    if (stop != nullptr && stop->load(std::memory_order_relaxed))
      throw Interrupted(path + ": interrupted while waiting for data");
  } while (poll(&wait, 1, kMilliseconds) <= 0);
}

std::uint64_t half_of_free(const ReadLimits& limits) {
  return limits.free_memory == 0 ? std::numeric_limits<std::uint64_t>::max()
                                 : limits.free_memory / 2;
}

constexpr std::string_view kMore = "; `max unpacked` SIZE allows more";

/// Of what comes through a pipe as it is.
ContentLimit limit_of_pipe(const ReadLimits& limits) {
  if (limits.max_unpacked) return {*limits.max_unpacked, "and `max unpacked` allows no more"};
  return {half_of_free(limits), "half of the free memory" + std::string(kMore)};
}

ContentLimit limit_of_unpacking(std::size_t packed, const ReadLimits& limits) {
  if (limits.max_unpacked) return limit_of_pipe(limits);
  const std::uint64_t most = std::max(InputFile::kHarmless, InputFile::kUnpackRatio * packed);
  if (half_of_free(limits) < most) return limit_of_pipe(limits);
  return {most, "over " + std::to_string(InputFile::kUnpackRatio) + " times the " +
                    bytes_text(packed) + " of the file, as of a bomb or of damaged data" +
                    std::string(kMore)};
}

}  // namespace

InputFile::InputFile(std::string path, const ReadLimits& limits) : path_(shown(path)) {
  const Descriptor file{open_for_reading(path)};
  struct stat status {};
  if (file.value < 0 || fstat(file.value, &status) != 0) missing(path);
  check_kind(path, status.st_mode);
  // Of standard input, somebody may have read the beginning.
  if (S_ISREG(status.st_mode) && lseek(file.value, 0, SEEK_CUR) == 0)
    map(file.value, static_cast<std::size_t>(status.st_size));
  else
    read_stream(file.value, limits);
  if (!compression_of({pages_.data(), size_}).empty()) unpack_content(limits);
  constexpr auto kByteOrderMark = "\xef\xbb\xbf"sv;
  if (bytes().starts_with(kByteOrderMark)) start_ = kByteOrderMark.size();
}

void InputFile::map(int descriptor, std::size_t bytes) {
  size_ = bytes;
  pages_.allocate(size_ + kPadding);
  if (size_ > 0 && !pages_.map_file(descriptor, size_))
    missing(path_, std::string("can't be mapped: ") + std::strerror(errno));
}

void InputFile::read_stream(int descriptor, const ReadLimits& limits) {
  const ContentLimit limit = limit_of_pipe(limits);
  pages_.allocate(std::size_t{1} << 20);
  for (;;) {
    wait_for_data(descriptor, path_, limits.stop);
    const ssize_t got = ::read(descriptor, pages_.data() + size_, pages_.room() - size_);
    if (got == 0) return;
    if (got < 0 && errno != EINTR && errno != EAGAIN) missing(path_);
    size_ += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
    if (size_ > limit.bytes) refuse_size(path_, limit);
    if (pages_.room() - size_ < kPadding) pages_.resize(2 * pages_.size());
  }
}

void InputFile::unpack_content(const ReadLimits& limits) {
  const Pages packed = std::exchange(pages_, Pages());
  size_ = unpack({packed.data(), size_}, path_, limit_of_unpacking(size_, limits), pages_);
}

void check_readable(const std::string& path) {
  struct stat status {};
  if (status_of(path, status) != 0) missing(path);
  check_kind(path, status.st_mode);
  if (path != kStandardInput && access(path.c_str(), R_OK) != 0) missing(path);
}

bool is_readable_file(const std::string& path) {
  try {
    check_readable(path);
    return true;
  } catch (const MissingData&) {
    return false;
  }
}

std::string pipe_identity(const std::string& path) {
  struct stat status {};
  if (status_of(path, status) != 0 || S_ISREG(status.st_mode)) return "";
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

namespace {

/// 0 where there are no such many.
std::size_t whole_pages(std::size_t bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes > SIZE_MAX - page ? 0 : (bytes + page - 1) / page * page;
}

}  // namespace

Pages::Pages(Pages&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Pages& Pages::operator=(Pages&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(size_, other.size_);
  return *this;
}

Pages::~Pages() {
  if (base_ != nullptr) munmap(base_, size_);
}

bool Pages::try_allocate(std::size_t bytes) {
  const std::size_t size = whole_pages(bytes);
  // Without a reserve, since most of what is asked for may stay untouched.
  void* base = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) return false;
  if (base_ != nullptr) munmap(base_, size_);
  base_ = base;
  size_ = size;
  return true;
}

void Pages::allocate(std::size_t bytes) {
  if (!try_allocate(bytes)) throw std::bad_alloc();
}

void Pages::allocate_at_most(std::size_t bytes) {
  for (; !try_allocate(bytes); bytes /= 2)
    if (bytes < 2 * kPadding) throw std::bad_alloc();
}

bool Pages::map_file(int descriptor, std::size_t bytes) {
  return mmap(base_, bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED, descriptor, 0) != MAP_FAILED;
}

void Pages::resize(std::size_t bytes) {
  void* base = mremap(base_, size_, whole_pages(bytes), MREMAP_MAYMOVE);
  if (base == MAP_FAILED) throw std::bad_alloc();
  base_ = base;
  size_ = whole_pages(bytes);
}

}  // namespace sgdbench
