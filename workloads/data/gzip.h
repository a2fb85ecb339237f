// gzip files (RFC 1952), unpacked by libdeflate, every member's checksum and length checked.
//
//   file    = member { member } { 00 }
//   member  = 1f 8b 08 FLAGS …  [extra] [name 00] [comment 00] [CRC-16 of the header]
//             deflate stream, CRC-32 of its content, its length mod 2^32
//
// libdeflate wants to write all content of a member at once. Its room is bounded by what a deflate
// stream can hold at best, 1032 bytes in one, and by the limit; no length in the file is believed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "workloads/data/decompressor.h"
#include "workloads/data/pages.h"

namespace sgdbench {

/// unpack() for what begins as a gzip file. Bytes behind the content may be left unlike zero.
std::size_t unpack_gzip(std::string_view packed, const std::string& path, const ContentLimit& limit,
                        Pages& to);

}  // namespace sgdbench
