// Which values of LIBSVM text differ there, and are one in single precision.
//
// Only values of a million and more are looked at, in a second pass over the pieces of text that
// have one: days, times and numbers of things, which lie close together beside their size. Smaller
// ones with many digits are weights, whose last digits don't matter.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "workloads/data/matrix.h"
#include "workloads/data/rounding.h"

namespace sgdbench {

inline constexpr float kLargeValue = 1e6f;

/// Of positive floats the larger has the larger bits, and so vectors of them can be compared.
inline bool has_large_value(std::span<const Entry> row) {
  std::uint32_t largest = 0;
  for (const Entry& entry : row) {
    const auto size = std::bit_cast<std::uint32_t>(entry.value) & 0x7fffffffu;
    largest = largest < size ? size : largest;
  }
  return largest >= std::bit_cast<std::uint32_t>(kLargeValue);
}

/// A pair of each feature that has too many (rounding.h), numbered as in the text. `pieces` are of
/// text that parse_libsvm() has read, of whole lines.
std::vector<MergedPair> merged_large_values(const std::vector<std::string_view>& pieces);

}  // namespace sgdbench
