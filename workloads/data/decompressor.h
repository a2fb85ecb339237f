// Compressed bytes (gz, bz2, xz, zst) into plain ones, all checksums that they bring checked.
//
// gzip is unpacked by libdeflate, the other three by libarchive, whose gzip reader
// checks nothing. Either library is opened when the first file that needs it is read. What is
// checked: the CRC-32 and length of every gzip member, the CRC-32 of every bzip2 block and stream,
// and of xz and zstd whatever the writer put in: `xz --check=none` and zstd frames without a
// checksum have none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "workloads/data/input_file.h"

namespace sgdbench {

/// "gzip", "bzip2", "xz" or "zstd", from the first bytes and never from a name; "" for others.
std::string_view compression_of(std::string_view bytes);

/// How many bytes may come out of a file or a pipe; and, as a clause, why, and how to allow more.
struct ContentLimit {
  std::uint64_t bytes;
  std::string why;
};

/// "4.5 MB".
std::string bytes_text(std::uint64_t bytes);

/// Of a compressed file, or of a pipe.
[[noreturn]] void refuse_size(const std::string& path, const ContentLimit& limit);

/// The compressed bytes end too early, or are not what was once written: `why`, after `done` bytes
/// of content.
[[noreturn]] void refuse_damage(const std::string& path, std::size_t done, const std::string& why);

/// Refuses what stands behind compressed data, from `at` on. Zeros, which tapes and block devices
/// leave, say nothing.
void refuse_trailing_garbage(std::string_view packed, std::size_t at, const std::string& path);

/// Unpacks all of `packed` into `to`, and returns how many bytes that are; Pages::kPadding zeros
/// follow them. `path` is for messages. Throws BadData, and UsageError where the library can't be
/// opened.
std::size_t unpack(std::string_view packed, const std::string& path, const ContentLimit& limit,
                   Pages& to);

}  // namespace sgdbench
