#include "workloads/data/input_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

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

[[noreturn]] void damaged(const std::string& path, archive* reader, std::size_t after) {
  const char* why = archive_error_string(reader);
  throw BadData(path + ": damaged or cut off after " + std::to_string(after) +
                " bytes of content: " + (why != nullptr ? why : "the file is truncated"));
}

/// What gzip and bzip2 readers take no notice of: bytes behind the last compressed stream. Zeros,
/// which tapes and block devices leave, say nothing.
void refuse_trailing_garbage(int descriptor, const std::string& path, archive* reader) {
  std::array<char, 4096> bytes;
  auto at = static_cast<off_t>(archive_filter_bytes(reader, -1));
  for (;;) {
    const ssize_t got = pread(descriptor, bytes.data(), bytes.size(), at);
    if (got <= 0) return;
    for (ssize_t i = 0; i < got; ++i, ++at)
      if (bytes[static_cast<std::size_t>(i)] != 0)
        throw BadData(path + ": after the compressed data ends, something else follows at byte " +
                      std::to_string(at + 1) + " of the file; remove it");
  }
}

using Archive = std::unique_ptr<archive, int (*)(archive*)>;

/// A reader of one unnamed stream behind any of our four compressions, or none.
Archive open_stream(int descriptor, const std::string& path) {
  Archive reader(archive_read_new(), archive_read_free);
  if (!reader) throw std::bad_alloc();
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_format_raw(reader.get());
  archive_read_support_format_empty(reader.get());
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  if (archive_read_open_fd(reader.get(), descriptor, kBlock) != ARCHIVE_OK)
    damaged(path, reader.get(), 0);
  return reader;
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
  const Archive reader = open_stream(descriptor, path_);
  archive_entry* entry = nullptr;
  const int opened = archive_read_next_header(reader.get(), &entry);
  pages_.allocate(std::size_t{1} << 20);
  // Of a stream that is cut off within its header, the library takes the bytes as they are.
  const bool unpacks = archive_filter_code(reader.get(), 0) != ARCHIVE_FILTER_NONE;
  if ((is_compressed && !unpacks) || (opened != ARCHIVE_OK && opened != ARCHIVE_EOF))
    damaged(path_, reader.get(), 0);
  if (opened == ARCHIVE_EOF) {
    if (is_compressed) refuse_trailing_garbage(descriptor, path_, reader.get());
    return;
  }
  for (;;) {
    const std::size_t room = pages_.size() - kPadding - size_;
    const la_ssize_t got = archive_read_data(reader.get(), pages_.data() + size_, room);
    if (got < 0) damaged(path_, reader.get(), size_);
    if (got == 0) break;
    size_ += static_cast<std::size_t>(got);
    if (size_ > kMaxDecompressed)
      throw BadData(path_ + ": more than " + std::to_string(kMaxDecompressed >> 30) +
                    " GiB of content; decompress it to a file first");
    if (pages_.size() - size_ < 2 * kPadding) pages_.grow(2 * pages_.size());
  }
  if (is_compressed) refuse_trailing_garbage(descriptor, path_, reader.get());
  // A failed read may have left bytes behind the end: restore the padding.
  std::memset(pages_.data() + size_, 0, kPadding);
}

bool is_readable_file(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode) &&
         access(path.c_str(), R_OK) == 0;
}

}  // namespace sgdbench
