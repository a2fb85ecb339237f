// Text in memory: saying where in it something is wrong, cutting it up for several cores, and
// reading its numbers.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/data/input_file.h"
#include "workloads/parallel.h"

namespace sgdbench {

/// What parsers throw: the place in memory, from which the line and column follow.
struct TextError {
  const char* where;
  std::string what;
};

/// "file:line:column: what"; line and column (in bytes) count from 1.
std::string located(const InputFile& file, const TextError& error);

/// What stands at `where`, up to the next separator, in quotes, fit for a terminal and short.
std::string quoted(const char* where, const char* end);

/// A whole name in quotes, fit for a terminal and not longer than a line.
std::string quoted_name(std::string_view name);

/// Pieces of about `bytes`, each ending with a line end (the last one perhaps without).
std::vector<std::string_view> line_chunks(std::string_view text, std::size_t bytes);

/// Throws BadData at the first '\r' that more than blanks follow in its line: lines end in "\n" or
/// "\r\n", and where '\r' alone is meant to end them, whole rows would be taken for a comment.
void refuse_lone_returns(const InputFile& file, const ParallelFor& parallel);

/// Big enough to make a hand-out cheap, small enough to keep all cores busy to the end.
inline constexpr std::size_t kChunkBytes = std::size_t{2} << 20;

/// Calls body(i) for every chunk. Of all TextErrors thrown, the earliest in the file is rethrown
/// as BadData: the message doesn't depend on the number of threads.
void for_each_chunk(const InputFile& file, std::size_t chunks, const ParallelFor& parallel,
                    const std::function<void(std::size_t)>& body);

// Numbers. Decimal text to float and double, exactly rounded, eight digits at a time.
//
// Idea: up to eight ASCII digits are one 64-bit word; where the first non-digit stands and what
// the digits are worth come out of a few word operations, without a branch per digit. Finding a
// number's end that way still puts a dozen cycles between one number and the next; where the end
// is known beforehand (parse_short_decimal), neighbouring numbers are parsed at the same time.
//
// Exactness. A mantissa m < 2^53 and a power 10^k, k ≤ 22, are exact doubles, so the double
// quotient d = m / 10^k is the decimal's value x, correctly rounded. Rounding is monotonic, so
// rounding d on to float gives the float nearest x unless d lies exactly half way between two
// floats (the last 29 bits of its mantissa are 100…0), where x itself may have lain on either
// side. That case, exponents, and more digits than fit go to std::from_chars, which is exact.

struct Digits {
  std::uint64_t value;
  unsigned count;  ///< 0 to 8; 8 may mean that there are more
};

/// Eight characters, the first in the lowest byte, with '0' … '9' as 0 … 9.
inline std::uint64_t load_digits(const char* p) {
  static_assert(std::endian::native == std::endian::little, "the first digit is the lowest byte");
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word ^ 0x3030303030303030u;
}

/// The top bit of each byte above 9, at least up to the first of them: a carry out of a byte above
/// 9 only spoils those behind it.
inline std::uint64_t non_digits(std::uint64_t word) {
  return ((word + 0x7676767676767676u) | word) & 0x8080808080808080u;
}

/// The number that eight digits make: neighbours are joined to pairs, pairs to fours, fours to
/// eight.
inline std::uint64_t join_digits(std::uint64_t word) {
  word = (word * (10u * 0x100u + 1)) >> 8 & 0x00ff00ff00ff00ffu;
  word = (word * (100u * 0x10000u + 1)) >> 16 & 0x0000ffff0000ffffu;
  return (word * (10000u * 0x100000000u + 1)) >> 32;
}

/// The run of digits at p, of which eight bytes must be readable.
inline Digits read_digits(const char* p) {
  const std::uint64_t word = load_digits(p);
  const auto count = static_cast<unsigned>(std::countr_zero(non_digits(word))) / 8;
  // The digits move to the end of the word, zeros in front of them.
  return {join_digits(count == 0 ? 0 : word << (64 - 8 * count)), count};
}

/// A number of a text: the nearest double, and the nearest float, which is not always that of the
/// double.
struct Decimal {
  double value = 0;
  float nearest = 0;
  /// At most six digits: two different ones never become one float (unless with an exponent).
  bool is_short = false;
};

/// parse_decimal() for everything that its fast path leaves.
const char* parse_decimal_slowly(const char* p, Decimal& decimal);

inline constexpr std::array<double, 17> kPowersOfTen = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16};
inline constexpr auto kTenToThe = [] {
  std::array<std::uint64_t, 17> powers{1};
  for (std::size_t k = 1; k < powers.size(); ++k) powers[k] = 10 * powers[k - 1];
  return powers;
}();

inline constexpr std::uint64_t kExactMantissa = std::uint64_t{1} << 53;

/// Whether rounding the double d on to float might differ from rounding the decimal itself.
inline bool half_way_between_floats(double d) {
  return (std::bit_cast<std::uint64_t>(d) & 0x1fffffffu) == 0x10000000u;
}

/// Reads the finite number at p, [+-]digits[.digits][e[+-]digits]. Returns its end, or null where
/// there is none or it is beyond the largest float. InputFile::kPadding zero bytes must follow the
/// text.
inline const char* parse_decimal(const char* p, Decimal& decimal) {
  constexpr std::uint64_t kSevenDigits = 1'000'000;
  const bool negative = *p == '-';
  const char* q = p + (negative || *p == '+' ? 1 : 0);
  const Digits whole = read_digits(q);
  q += whole.count;
  std::uint64_t mantissa = whole.value;
  unsigned places = 0;
  if (*q == '.') {
    const Digits first = read_digits(++q);
    q += first.count;
    mantissa = mantissa * kTenToThe[first.count] + first.value;
    places = first.count;
    if (first.count == 8) {
      const Digits second = read_digits(q);
      q += second.count;
      mantissa = mantissa * kTenToThe[second.count] + second.value;
      places += second.count;
    }
  }
  const unsigned digits = whole.count + places;  // above 19, the mantissa may have overflowed
  const double d = static_cast<double>(mantissa) / kPowersOfTen[places];
  if (digits == 0 || whole.count == 8 || places == 16 || digits > 19 ||
      mantissa >= kExactMantissa || half_way_between_floats(d) || (*q | 0x20) == 'e') [[unlikely]]
    return parse_decimal_slowly(p, decimal);
  const auto nearest = static_cast<float>(d);
  decimal = {negative ? -d : d, negative ? -nearest : nearest, mantissa < kSevenDigits};
  return q;
}

/// The same where the float is all that is wanted.
inline const char* parse_float(const char* p, float& value) {
  Decimal decimal;
  const char* const end = parse_decimal(p, decimal);
  if (end != nullptr) value = decimal.nearest;
  return end;
}

/// Why the text at p, which parse_float() refused or which something unexpected follows, is no
/// number: a clause for an error message.
std::string describe_bad_number(const char* p, const char* end);

}  // namespace sgdbench
