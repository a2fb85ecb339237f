#include "workloads/data/entry_batch.h"

#include <bit>
#include <cstring>

#include "workloads/data/text.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace sgdbench {

#if defined(__AVX2__)
namespace {

constexpr unsigned kMostIndexDigits = 8;
constexpr unsigned kMostValueDigits = 15;

/// Shuffles for `whole` digits, a point and `places` digits: they end a vector of 16, without the
/// point. A control byte with its top bit set makes a zero.
struct Shuffles {
  alignas(16) std::uint8_t control[16][16][16];
};
constexpr Shuffles kShuffles = [] {
  Shuffles table{};
  for (unsigned whole = 0; whole < 16; ++whole)
    for (unsigned places = 0; places < 16; ++places)
      for (unsigned k = 0; k < 16; ++k) {
        const unsigned digit = k + whole + places - 16;  // wraps before the first one
        table.control[whole][places][k] = static_cast<std::uint8_t>(
            whole + places > 15 || k + whole + places < 16 ? 0x80u
                                                           : digit + (digit < whole ? 0u : 1u));
      }
  return table;
}();

const __m128i* shuffle_for(unsigned whole, unsigned places) {
  return reinterpret_cast<const __m128i*>(&kShuffles.control[whole & 15][places & 15]);
}

/// The constants of the scan, kept from being rebuilt for every entry.
struct Constants {
  __m256i blank = hidden(_mm256_set1_epi8(' '));
  __m256i colon = hidden(_mm256_set1_epi8(':'));
  __m256i point = hidden(_mm256_set1_epi8('.'));
  __m256i minus = hidden(_mm256_set1_epi8('-'));
  __m256i zero = hidden(_mm256_set1_epi8('0'));
  __m256i nine = hidden(_mm256_set1_epi8(9));
  __m256i pairs = hidden(_mm256_set1_epi16(1 << 8 | 10));
  __m256i fours = hidden(_mm256_set1_epi32(1 << 16 | 100));
  __m256i eights = hidden(_mm256_set1_epi32(1 << 16 | 10000));

  static __m256i hidden(__m256i value) {
    asm("" : "+x"(value));
    return value;
  }
};

std::uint32_t places_of(__m256i hits) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(hits));
}

/// In each half, 16 digits become two 32-bit numbers, the upper eight digits and the lower.
__m256i join(const Constants& c, __m256i digits) {
  const __m256i pairs = _mm256_maddubs_epi16(digits, c.pairs);
  const __m256i fours = _mm256_madd_epi16(pairs, c.fours);
  return _mm256_madd_epi16(_mm256_packus_epi32(fours, fours), c.eights);
}

bool ends_number(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '#';
}

}  // namespace

const char* EntryBatch::scan(const char* text, std::uint32_t base) {
  const Constants c;
  const char* p = text;
  for (count_ = 0; count_ < kMost; ++count_) {
    const __m256i window = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    // Signed comparison: bytes from 0x80 on end a token as well.
    const std::uint32_t ends = ~places_of(_mm256_cmpgt_epi8(window, c.blank));
    const std::uint32_t points = places_of(_mm256_cmpeq_epi8(window, c.point));
    const std::uint32_t minuses = places_of(_mm256_cmpeq_epi8(window, c.minus));
    // Each is 32 where there is none, which fails the test below.
    const auto length = static_cast<unsigned>(std::countr_zero(ends));
    const auto colon =
        static_cast<unsigned>(std::countr_zero(places_of(_mm256_cmpeq_epi8(window, c.colon))));
    const auto point = static_cast<unsigned>(std::countr_zero(points | ends));
    const unsigned negative = minuses >> 1 >> (colon & 31) & 1;
    const unsigned whole = point - colon - 1 - negative;
    const unsigned places = length - point - (length != point ? 1 : 0);
    // Differences that wrapped are too large, or count what is no digit.
    if (colon - 1 >= kMostIndexDigits || whole + places - 1 >= kMostValueDigits) [[unlikely]]
      return p;
    const __m256i both = _mm256_inserti128_si256(
        window, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + colon + 1 + negative)), 1);
    const __m256i order =
        _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_load_si128(shuffle_for(colon, 0))),
                                _mm_load_si128(shuffle_for(whole, places)), 1);
    const __m256i digits = _mm256_shuffle_epi8(_mm256_sub_epi8(both, c.zero), order);
    const __m256i excess = _mm256_subs_epu8(digits, c.nine);
    if (!_mm256_testz_si256(excess, excess)) [[unlikely]]
      return p;
    const __m256i joined = join(c, digits);
    starts_[count_] = static_cast<std::uint32_t>(p - text);
    columns_[count_] =
        static_cast<std::uint32_t>(_mm_extract_epi32(_mm256_castsi256_si128(joined), 1)) - base;
    _mm_storel_epi64(reinterpret_cast<__m128i*>(&digits_[count_]),
                     _mm256_extracti128_si256(joined, 1));
    powers_[count_] = kPowersOfTen[places];
    signs_[count_] = negative << 31;
    if (p[length] != ' ') {
      if (!ends_number(p[length])) return p;
      ++count_;
      return p + length;
    }
    p += length + 1;
  }
  return p;
}

#else

const char* EntryBatch::scan(const char* p, std::uint32_t) {
  count_ = 0;
  return p;
}

#endif

/// m / 10^k, rounded to double and on to float, or the exact way where text.h asks for it.
void EntryBatch::convert(const char* text) {
  std::uint64_t inexact = 0;
  std::uint64_t zeros = 0;
  all_columns_ = 0;
  for (std::size_t k = 0; k < count_; ++k) {
    const std::uint64_t mantissa = (digits_[k] & 0xffffffffu) * kTenToThe[8] + (digits_[k] >> 32);
    const double d = static_cast<double>(static_cast<std::int64_t>(mantissa)) / powers_[k];
    half_way_[k] = half_way_between_floats(d) ? 1u : 0u;
    inexact |= half_way_[k];
    zeros |= mantissa == 0 ? 1u : 0u;
    all_columns_ |= columns_[k];
    values_[k] = std::bit_cast<std::uint32_t>(static_cast<float>(d)) | signs_[k];
  }
  has_zeros_ = zeros != 0;
  if (inexact == 0) return;
  for (std::size_t k = 0; k < count_; ++k) {
    if (half_way_[k] == 0) continue;
    float value = 0;
    parse_float(std::strchr(text + starts_[k], ':') + 1, value);
    values_[k] = std::bit_cast<std::uint32_t>(value);
  }
}

std::size_t EntryBatch::write(Entry* __restrict out) const {
  if (!has_zeros_) {
    for (std::size_t k = 0; k < count_; ++k)
      out[k] = {columns_[k], std::bit_cast<float>(values_[k])};
    return count_;
  }
  std::size_t written = 0;
  for (std::size_t k = 0; k < count_; ++k) {
    const auto value = std::bit_cast<float>(values_[k]);
    if (value != 0) out[written++] = {columns_[k], value};
  }
  return written;
}

EntryBatch::Read EntryBatch::read(const char* text, std::uint32_t base, std::int64_t previous,
                                  Entry* out) {
  const char* end = scan(text, base);
  convert(text);
  // An index of 0 where they count from 1 wrapped.
  if (all_columns_ >> 31 != 0)
    for (std::size_t k = 0; k < count_; ++k)
      if (columns_[k] >> 31 != 0) {
        end = text + starts_[k];
        count_ = k;
      }
  if (count_ == 0) return {end};
  Read result{end, count_, write(out), columns_[count_ - 1], columns_[0] > previous};
  std::uint32_t disorder = 0;
  for (std::size_t k = 1; k < count_; ++k) disorder |= columns_[k] > columns_[k - 1] ? 0u : 1u;
  result.ascending = result.ascending && disorder == 0;
  return result;
}

}  // namespace sgdbench
