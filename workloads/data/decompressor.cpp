#include "workloads/data/decompressor.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>

#include "workloads/names.h"
#include "workloads/shared_library.h"

namespace sgdbench {
namespace {

using namespace std::string_view_literals;

/// What is used of libarchive.
struct Archive {
  SharedLibrary file{SGDBENCH_ARCHIVE_LIBRARY, "bz2, xz and zst files", "libarchive13"};

#define SGDBENCH_FUNCTION_(name) \
  decltype(archive_##name)* name = file.function<decltype(archive_##name)>("archive_" #name)
  SGDBENCH_FUNCTION_(read_new);
  SGDBENCH_FUNCTION_(read_free);
  SGDBENCH_FUNCTION_(read_support_filter_bzip2);
  SGDBENCH_FUNCTION_(read_support_filter_xz);
  SGDBENCH_FUNCTION_(read_support_filter_zstd);
  SGDBENCH_FUNCTION_(read_support_format_raw);
  SGDBENCH_FUNCTION_(read_support_format_empty);
  SGDBENCH_FUNCTION_(read_open_memory);
  SGDBENCH_FUNCTION_(read_next_header);
  SGDBENCH_FUNCTION_(read_data);
  SGDBENCH_FUNCTION_(filter_code);
  SGDBENCH_FUNCTION_(filter_bytes);
  SGDBENCH_FUNCTION_(error_string);
#undef SGDBENCH_FUNCTION_
};

const Archive& library() {
  static const Archive opened;
  return opened;
}

/// One unnamed stream behind bzip2, xz or zstd.
class ArchiveReader {
 public:
  ArchiveReader(std::string_view packed, const std::string& path)
      : packed_(packed), path_(path), reader_(library().read_new(), library().read_free) {
    if (!reader_) throw std::bad_alloc();
    archive* const reader = reader_.get();
    library().read_support_filter_bzip2(reader);
    library().read_support_filter_xz(reader);
    library().read_support_filter_zstd(reader);
    library().read_support_format_raw(reader);
    library().read_support_format_empty(reader);
    if (library().read_open_memory(reader, packed.data(), packed.size()) != ARCHIVE_OK) damaged();
    archive_entry* entry = nullptr;
    const int opened = library().read_next_header(reader, &entry);
    // Of a stream that is cut off within its header, the library takes the bytes as they are.
    const bool unpacks = library().filter_code(reader, 0) != ARCHIVE_FILTER_NONE;
    at_end_ = opened == ARCHIVE_EOF;
    if (!unpacks || (opened != ARCHIVE_OK && !at_end_)) damaged();
  }

  /// Up to `room` bytes; 0 at the end. Throws BadData.
  std::size_t read(char* to, std::size_t room) {
    if (at_end_) return 0;
    const la_ssize_t got = library().read_data(reader_.get(), to, room);
    if (got < 0) damaged();
    at_end_ = got == 0;
    done_ += static_cast<std::size_t>(got);
    return static_cast<std::size_t>(got);
  }
  /// Of the compressed bytes.
  std::size_t end() const {
    return static_cast<std::size_t>(library().filter_bytes(reader_.get(), -1));
  }

 private:
  [[noreturn]] void damaged() const {
    const char* why = library().error_string(reader_.get());
    refuse_damage(path_, done_, why != nullptr ? why : "the file is truncated");
  }

  std::string_view packed_;
  const std::string& path_;
  std::unique_ptr<archive, int (*)(archive*)> reader_;
  bool at_end_ = false;
  std::size_t done_ = 0;
};

std::size_t unpack_archive(std::string_view packed, const std::string& path,
                           const ContentLimit& limit, Pages& to) {
  ArchiveReader reader(packed, path);
  std::size_t size = 0;
  to.allocate(std::size_t{1} << 20);
  while (const std::size_t got = reader.read(to.data() + size, to.room() - size)) {
    size += got;
    if (size > limit.bytes) refuse_size(path, limit);
    if (to.room() - size < Pages::kPadding) to.resize(2 * to.size());
  }
  refuse_trailing_garbage(packed, reader.end(), path);
  return size;
}

// gzip files (RFC 1952), unpacked by libdeflate, every member's checksum and length checked.
//
//   file    = member { member } { 00 }
//   member  = 1f 8b 08 FLAGS …  [extra] [name 00] [comment 00] [CRC-16 of the header]
//             deflate stream, CRC-32 of its content, its length mod 2^32
//
// libdeflate wants to write all content of a member at once. Its room is bounded by what a deflate
// stream can hold at best, 1032 bytes in one, and by the limit; no length in the file is believed.

/// What is used of libdeflate.
struct Deflate {
  SharedLibrary file{SGDBENCH_DEFLATE_LIBRARY, "gz files", "libdeflate0"};

#define SGDBENCH_FUNCTION_(name)      \
  decltype(libdeflate_##name)* name = \
      file.function<decltype(libdeflate_##name)>("libdeflate_" #name)
  SGDBENCH_FUNCTION_(alloc_decompressor);
  SGDBENCH_FUNCTION_(free_decompressor);
  SGDBENCH_FUNCTION_(deflate_decompress_ex);
  SGDBENCH_FUNCTION_(crc32);
#undef SGDBENCH_FUNCTION_
};

const Deflate& deflate() {
  static const Deflate opened;
  return opened;
}

/// Members one after the other.
class GzipReader {
 public:
  GzipReader(std::string_view packed, const std::string& path, const ContentLimit& limit, Pages& to)
      : rest_(packed),
        path_(path),
        limit_(limit),
        to_(to),
        decompressor_(deflate().alloc_decompressor(), deflate().free_decompressor) {
    if (!decompressor_) throw std::bad_alloc();
  }

  bool at_member() const { return compression_of(rest_) == "gzip"; }
  void read_member() {
    take_header();
    const std::string_view content = take_stream();
    take_trailer(content);
  }
  std::size_t size() const { return size_; }
  std::size_t rest() const { return rest_.size(); }

 private:
  void take_header();
  std::string_view take_stream();
  void take_trailer(std::string_view content);

  std::string_view take(std::size_t bytes) {
    if (bytes > rest_.size()) damaged("the file is truncated");
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }
  /// Up to a zero byte.
  void take_text() {
    while (take(1).front() != '\0') continue;
  }
  std::uint32_t take_number(unsigned bytes) {
    std::uint32_t number = 0;
    unsigned shift = 0;
    for (const char byte : take(bytes)) {
      number |= std::uint32_t{static_cast<unsigned char>(byte)} << shift;
      shift += 8;
    }
    return number;
  }
  [[noreturn]] void damaged(const std::string& why) const { refuse_damage(path_, size_, why); }

  std::string_view rest_;
  const std::string& path_;
  const ContentLimit& limit_;
  Pages& to_;
  std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor_;
  std::size_t size_ = 0;  ///< of the content so far
};

void GzipReader::take_header() {
  enum Flag : unsigned { kChecksum = 2, kExtra = 4, kName = 8, kComment = 16, kReserved = 0xe0 };
  const std::string_view header = rest_;
  take(2);
  if (take_number(1) != 8) damaged("its method is not deflate");
  const std::uint32_t flags = take_number(1);
  if ((flags & kReserved) != 0) damaged("its header has flags that no version of gzip sets");
  take(6);
  if ((flags & kExtra) != 0) take(take_number(2));
  if ((flags & kName) != 0) take_text();
  if ((flags & kComment) != 0) take_text();
  if ((flags & kChecksum) == 0) return;
  const std::uint32_t found = deflate().crc32(0, header.data(), header.size() - rest_.size());
  if (take_number(2) != (found & 0xffff)) damaged("its header does not match its checksum");
}

std::string_view GzipReader::take_stream() {
  std::size_t packed = 0, unpacked = 0;
  const std::size_t room = std::min<std::uint64_t>(to_.room(), limit_.bytes) - size_;
  char* const out = to_.data() + size_;
  const libdeflate_result result = deflate().deflate_decompress_ex(
      decompressor_.get(), rest_.data(), rest_.size(), out, room, &packed, &unpacked);
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE && size_ + room < limit_.bytes)
    throw std::bad_alloc();
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE) refuse_size(path_, limit_);
  if (result != LIBDEFLATE_SUCCESS) damaged("its deflate stream is truncated or not valid");
  take(packed);
  size_ += unpacked;
  return {out, unpacked};
}

void GzipReader::take_trailer(std::string_view content) {
  const std::uint32_t found = deflate().crc32(0, content.data(), content.size());
  const std::uint32_t stored = take_number(4);
  if (found != stored)
    damaged(fmt::format("CRC-32 {:08x} where the file says {:08x}", found, stored));
  const std::uint32_t length = take_number(4);
  if (length != static_cast<std::uint32_t>(content.size()))
    damaged(fmt::format("a length of {} where the file says {}", content.size(), length));
}

/// Bytes behind the content may be left unlike zero.
std::size_t unpack_gzip(std::string_view packed, const std::string& path, const ContentLimit& limit,
                        Pages& to) {
  // libdeflate reads a truncated stream as if a few zero bytes followed.
  constexpr std::uint64_t kLargestRatio = 1032, kBeyondEnd = 64;
  const std::uint64_t most = kLargestRatio * (packed.size() + kBeyondEnd);
  to.allocate_at_most(std::min(limit.bytes, most) + Pages::kPadding);
  GzipReader reader(packed, path, limit, to);
  do reader.read_member();
  while (reader.at_member());
  refuse_trailing_garbage(packed, packed.size() - reader.rest(), path);
  return reader.size();
}

}  // namespace

std::string_view compression_of(std::string_view bytes) {
  struct Magic {
    std::string_view bytes, name;
  };
  constexpr Magic kMagics[] = {{"\x1f\x8b"sv, "gzip"},
                               {"BZh"sv, "bzip2"},
                               {"\xfd"
                                "7zXZ\0"sv,
                                "xz"},
                               {"\x28\xb5\x2f\xfd"sv, "zstd"}};
  for (const Magic& magic : kMagics)
    if (bytes.starts_with(magic.bytes)) return magic.name;
  return "";
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 7> kUnits = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.5; value /= 1000) ++unit;
  return fmt::format("{:.3g} {}", value, kUnits[unit]);
}

void refuse_size(const std::string& path, const ContentLimit& limit) {
  throw BadData(
      fmt::format("{}: more than {} of content, {}", path, bytes_text(limit.bytes), limit.why));
}

void refuse_damage(const std::string& path, std::size_t done, const std::string& why) {
  throw BadData(
      fmt::format("{}: damaged or cut off after {} bytes of content: {}", path, done, why));
}

void refuse_trailing_garbage(std::string_view packed, std::size_t at, const std::string& path) {
  const std::size_t garbage = packed.find_first_not_of('\0', at);
  if (garbage != std::string_view::npos)
    throw BadData(
        fmt::format("{}: after the compressed data ends, something else follows at byte {} "
                    "of the file; remove it",
                    path, garbage + 1));
}

std::size_t unpack(std::string_view packed, const std::string& path, const ContentLimit& limit,
                   Pages& to) {
  const bool is_gzip = compression_of(packed) == "gzip";
  const std::size_t size =
      is_gzip ? unpack_gzip(packed, path, limit, to) : unpack_archive(packed, path, limit, to);
  to.resize(size + Pages::kPadding);
  // A library may have left bytes behind the end.
  std::memset(to.data() + size, 0, Pages::kPadding);
  return size;
}

}  // namespace sgdbench
