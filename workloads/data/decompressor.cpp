#include "workloads/data/decompressor.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

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
