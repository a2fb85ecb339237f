// gzip files (RFC 1952), unpacked by libdeflate, every member's checksum and length checked.
//
//   file    = member { member } { 00 }
//   member  = 1f 8b 08 FLAGS …  [extra] [name 00] [comment 00] [CRC-16 of the header]
//             deflate stream, CRC-32 of its content, its length mod 2^32
//
// libdeflate wants to write all content of a member at once. Its room is bounded by what a deflate
// stream can hold at best, 1032 bytes in one, and by the limit; no length in the file is believed.
#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <new>

#include "workloads/data/decompressor.h"
#include "workloads/shared_library.h"

namespace sgdbench {
namespace {

using namespace std::string_view_literals;

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

}  // namespace

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

}  // namespace sgdbench
