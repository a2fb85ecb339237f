// Runs of "index:value index:value …" into columns and values, many at a time.
//
// Idea: where an entry ends is all that the next one waits for, so a first loop finds the digits of
// one entry after the other and joins them to two integers, and a second one turns a whole batch of
// integers into floats, several to an instruction. Division and rounding, the longest waits, then
// overlap instead of standing between one entry and the next (measured: twice the speed).
//
// The first loop reads 32 bytes at once: three comparisons give the places of the colon, the point
// and the end. A shuffle that depends on the numbers of digits before and behind the point moves
// the digits to the end of a vector, zeros in front of them and the point left out; three rounds of
// multiply-and-add join neighbours to pairs, pairs to fours, fours to eights.
//
// The usual form is all that is read this way: an index of at most 8 digits, a value of at most 15
// with or without a minus and a point. At anything else, right or wrong, the batch ends before it,
// and the caller's plain parser takes over. Where rounding twice might differ from rounding once
// (text.h), the value is parsed again by the exact way. Without AVX2 every batch is empty.
#pragma once

#include <cstddef>
#include <cstdint>

#include "workloads/data/storage.h"

namespace sgdbench {

/// The vectors of one batch, for reuse.
///
/// Thread safety: none; one for each thread.
class EntryBatch {
 public:
  static constexpr std::size_t kMost = 64;

  struct Read {
    const char* end;          ///< behind the last entry that was read, or a blank after it
    std::size_t read = 0;     ///< entries read
    std::size_t written = 0;  ///< of them, those that are not zero
    std::uint32_t last = 0;   ///< the last column that was read, also if its value was 0
    bool ascending = true;    ///< each column was above the one before
  };

  /// Reads entries from `text`, until one is unusual, kMost are read, or no single blank follows.
  /// Non-zero ones are written to `out`, where there must be room for all non-zero ones of the
  /// line. `base` is 0 or 1, `previous` the column before the first, or −1. 64 bytes
  /// behind the line end must be readable.
  Read read(const char* text, std::uint32_t base, std::int64_t previous, Entry* out);

 private:
  const char* scan(const char* text, std::uint32_t base);
  void convert(const char* text);
  std::size_t write(Entry* out) const;

  std::size_t count_ = 0;
  std::uint32_t starts_[kMost];              ///< offset of each entry's text
  alignas(64) std::uint64_t digits_[kMost];  ///< of the mantissa: the upper 8, then the lower 8
  alignas(64) double powers_[kMost];         ///< what the mantissa is to be divided by
  alignas(64) std::uint32_t columns_[kMost];
  alignas(64) std::uint32_t signs_[kMost];     ///< the sign's bit of a float
  alignas(64) std::uint64_t half_way_[kMost];  ///< 1 where rounding twice might be wrong
  alignas(64) std::uint32_t values_[kMost];    ///< the bits of the floats
  bool has_zeros_ = false;
  std::uint32_t all_columns_ = 0;  ///< or-ed
};

}  // namespace sgdbench
