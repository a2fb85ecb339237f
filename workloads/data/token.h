// Where a word of text ends.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sgdbench {

inline constexpr std::size_t kLongestToken = 32;

/// The plain version, and what the fast one is tested against: the number of bytes before the
/// first one that is no printable ASCII (a blank, a line end, a byte of something else), at most
/// kLongestToken.
inline std::size_t token_length_reference(const char* p) {
  std::size_t length = 0;
  while (length<kLongestToken&& static_cast<signed char>(p[length])> ' ') ++length;
  return length;
}

/// The same at once for all of the kLongestToken bytes, which must be readable.
inline std::size_t token_length(const char* p) {
#if defined(__SSE2__)
  // Signed comparison: bytes from 0x80 on count as below ' '.
  const __m128i printable = _mm_set1_epi8(' ');
  const auto ends = [&](const char* at) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpgt_epi8(bytes, printable))) ^
           0xffffu;
  };
  return static_cast<std::size_t>(std::countr_zero(ends(p) | ends(p + 16) << 16));
#else
  return token_length_reference(p);
#endif
}

}  // namespace sgdbench
