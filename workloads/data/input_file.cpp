#include "workloads/data/input_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "workloads/data/decompressor.h"
#include "workloads/data/error.h"

namespace sgdbench {
namespace {

using namespace std::string_view_literals;

std::size_t whole_pages(std::size_t bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) close(value);
  }
};

bool is_compressed(int descriptor) {
  std::array<char, 6> head{};
  const ssize_t got = pread(descriptor, head.data(), head.size(), 0);
  const std::string_view text(head.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  for (const auto magic : {"\x1f\x8b"sv, "BZh"sv,
                           "\xfd"
                           "7zXZ\0"sv,
                           "\x28\xb5\x2f\xfd"sv})
    if (text.starts_with(magic)) return true;
  return false;
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

void Pages::allocate(std::size_t bytes) {
  const std::size_t size = whole_pages(bytes);
  void* base = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) throw std::bad_alloc();
  if (base_ != nullptr) munmap(base_, size_);
  base_ = base;
  size_ = size;
}

bool Pages::map_file(int descriptor, std::size_t bytes) {
  return mmap(base_, bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED, descriptor, 0) != MAP_FAILED;
}

void Pages::grow(std::size_t bytes) {
  const std::size_t size = whole_pages(bytes);
  void* base = mremap(base_, size_, size, MREMAP_MAYMOVE);
  if (base == MAP_FAILED) throw std::bad_alloc();
  base_ = base;
  size_ = size;
}

InputFile::InputFile(std::string path) : path_(std::move(path)) {
  const Descriptor file{open(path_.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat status {};
  if (file.value < 0 || fstat(file.value, &status) != 0)
    throw MissingData(path_ + ": " + std::strerror(errno));
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
    throw MissingData(path_ + ": is a device; name a file or a pipe");
  if (S_ISDIR(status.st_mode)) throw MissingData(path_ + ": is a folder; name a file in it");
  if (!S_ISREG(status.st_mode)) {
    read_stream(file.value, false);
  } else if (is_compressed(file.value)) {
    read_stream(file.value, true);
  } else {
    size_ = static_cast<std::size_t>(status.st_size);
    pages_.allocate(size_ + kPadding);
    if (size_ > 0 && !pages_.map_file(file.value, size_))
      throw MissingData(path_ + ": can't be mapped: " + std::strerror(errno));
  }
  constexpr auto kByteOrderMark = "\xef\xbb\xbf"sv;
  if (bytes().starts_with(kByteOrderMark)) start_ = kByteOrderMark.size();
}

void InputFile::read_stream(int descriptor, bool is_compressed) {
  Decompressor stream(descriptor, path_, is_compressed);
  pages_.allocate(std::size_t{1} << 20);
  while (const std::size_t got =
             stream.read(pages_.data() + size_, pages_.size() - kPadding - size_)) {
    size_ += got;
    if (size_ > kMaxDecompressed)
      throw BadData(path_ + ": more than " + std::to_string(kMaxDecompressed >> 30) +
                    " GiB of content; decompress it to a file first");
    if (pages_.size() - size_ < 2 * kPadding) pages_.grow(2 * pages_.size());
  }
  // A failed read may have left bytes behind the end: restore the padding.
  std::memset(pages_.data() + size_, 0, kPadding);
}

bool is_readable_file(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode) &&
         access(path.c_str(), R_OK) == 0;
}

}  // namespace sgdbench
