#include "workloads/data/decompressor.h"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <array>
#include <new>
#include <utility>

#include "workloads/data/error.h"
#include "workloads/shared_library.h"

namespace sgdbench {
namespace {

/// What is used of libarchive.
struct Library {
  SharedLibrary file{SGDBENCH_ARCHIVE_LIBRARY, "compressed files and pipes", "libarchive13"};

#define SGDBENCH_FUNCTION_(name) \
  decltype(archive_##name)* name = file.function<decltype(archive_##name)>("archive_" #name)
  SGDBENCH_FUNCTION_(read_new);
  SGDBENCH_FUNCTION_(read_free);
  SGDBENCH_FUNCTION_(read_support_filter_gzip);
  SGDBENCH_FUNCTION_(read_support_filter_bzip2);
  SGDBENCH_FUNCTION_(read_support_filter_xz);
  SGDBENCH_FUNCTION_(read_support_filter_zstd);
  SGDBENCH_FUNCTION_(read_support_format_raw);
  SGDBENCH_FUNCTION_(read_support_format_empty);
  SGDBENCH_FUNCTION_(read_open_fd);
  SGDBENCH_FUNCTION_(read_next_header);
  SGDBENCH_FUNCTION_(read_data);
  SGDBENCH_FUNCTION_(filter_code);
  SGDBENCH_FUNCTION_(filter_bytes);
  SGDBENCH_FUNCTION_(error_string);
#undef SGDBENCH_FUNCTION_
};

const Library& library() {
  static const Library opened;
  return opened;
}

}  // namespace

Decompressor::Decompressor(int descriptor, std::string path, bool is_compressed)
    : descriptor_(descriptor),
      path_(std::move(path)),
      is_compressed_(is_compressed),
      reader_(library().read_new(), library().read_free) {
  if (!reader_) throw std::bad_alloc();
  open();
  archive_entry* entry = nullptr;
  const int opened = library().read_next_header(reader_.get(), &entry);
  // Of a stream that is cut off within its header, the library takes the bytes as they are.
  const bool unpacks = library().filter_code(reader_.get(), 0) != ARCHIVE_FILTER_NONE;
  at_end_ = opened == ARCHIVE_EOF;
  if ((is_compressed_ && !unpacks) || (opened != ARCHIVE_OK && !at_end_)) damaged();
  if (at_end_) refuse_trailing_garbage();
}

/// One unnamed stream behind any of the four compressions, or none.
void Decompressor::open() {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  archive* const reader = reader_.get();
  library().read_support_filter_gzip(reader);
  library().read_support_filter_bzip2(reader);
  library().read_support_filter_xz(reader);
  library().read_support_filter_zstd(reader);
  library().read_support_format_raw(reader);
  library().read_support_format_empty(reader);
  if (library().read_open_fd(reader, descriptor_, kBlock) != ARCHIVE_OK) damaged();
}

std::size_t Decompressor::read(char* to, std::size_t room) {
  if (at_end_) return 0;
  const la_ssize_t got = library().read_data(reader_.get(), to, room);
  if (got < 0) damaged();
  if (got == 0) {
    at_end_ = true;
    refuse_trailing_garbage();
  }
  done_ += static_cast<std::size_t>(got);
  return static_cast<std::size_t>(got);
}

void Decompressor::damaged() const {
  const char* why = library().error_string(reader_.get());
  throw BadData(path_ + ": damaged or cut off after " + std::to_string(done_) +
                " bytes of content: " + (why != nullptr ? why : "the file is truncated"));
}

/// What gzip and bzip2 readers take no notice of: bytes behind the last compressed stream. Zeros,
/// which tapes and block devices leave, say nothing.
void Decompressor::refuse_trailing_garbage() const {
  if (!is_compressed_) return;
  std::array<char, 4096> bytes;
  auto at = static_cast<off_t>(library().filter_bytes(reader_.get(), -1));
  for (;;) {
    const ssize_t got = pread(descriptor_, bytes.data(), bytes.size(), at);
    if (got <= 0) return;
    for (ssize_t i = 0; i < got; ++i, ++at)
      if (bytes[static_cast<std::size_t>(i)] != 0)
        throw BadData(path_ + ": after the compressed data ends, something else follows at byte " +
                      std::to_string(at + 1) + " of the file; remove it");
  }
}

}  // namespace sgdbench
