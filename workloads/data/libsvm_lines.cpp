#include "workloads/data/libsvm_lines.h"

#include <algorithm>
#include <bit>

#include "workloads/data/text.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace sgdbench {
namespace {

constexpr std::size_t kBlock = 64;

/// Bit k says whether p[k] == c, or is a blank or another control character.
struct Places {
  std::uint64_t colons = 0, zeros = 0, ends = 0, blanks = 0;
};

Places places_in(const char* p) {
  Places places;
#if defined(__AVX2__)
  for (std::size_t k = 0; k < kBlock; k += 32) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + k));
    const auto bits = [k](__m256i hits) {
      return std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(hits))} << k;
    };
    places.colons |= bits(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(':')));
    places.zeros |= bits(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('0')));
    places.ends |= bits(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n')));
    places.blanks |= bits(_mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(' ')), bytes));
  }
#elif defined(__SSE2__)
  for (std::size_t k = 0; k < kBlock; k += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + k));
    const auto bits = [k](__m128i hits) {
      return static_cast<std::uint64_t>(_mm_movemask_epi8(hits)) << k;
    };
    places.colons |= bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(':')));
    places.zeros |= bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('0')));
    places.ends |= bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
    places.blanks |= bits(_mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(' ')), bytes));
  }
#else
  for (std::size_t k = 0; k < kBlock; ++k) {
    const auto bit = [k](bool hit) { return static_cast<std::uint64_t>(hit ? 1 : 0) << k; };
    places.colons |= bit(p[k] == ':');
    places.zeros |= bit(p[k] == '0');
    places.ends |= bit(p[k] == '\n');
    places.blanks |= bit(static_cast<unsigned char>(p[k]) <= ' ');
  }
#endif
  return places;
}

class RowCounter {
 public:
  explicit RowCounter(std::string_view chunk)
      : line_(chunk.data()), end_(chunk.data() + chunk.size()) {}

  /// The line goes on for so many entries.
  void go_on(std::size_t entries) { entries_ += entries; }
  void end_line(const char* line_end) {
    if (is_row()) {
      constexpr std::size_t kMost = std::size_t{1} << 31;
      if (entries_ > kMost)
        throw TextError{line_, "the row has " + std::to_string(entries_) +
                                   " entries; at most 2147483648 indices are different"};
      rows_.push_back(static_cast<std::uint32_t>(entries_));
    }
    entries_ = 0;
    line_ = line_end + 1;
  }
  /// The last line, if it lacks its end.
  std::vector<std::uint32_t> finish() {
    if (line_ < end_) end_line(end_);
    return std::move(rows_);
  }

 private:
  bool is_row() const {
    const char* p = line_;
    while (is_blank(*p)) ++p;
    return p < end_ && *p != '\n' && *p != '#';
  }

  const char* line_;
  const char* end_;
  std::size_t entries_ = 0;
  std::vector<std::uint32_t> rows_;
};

}  // namespace

std::vector<std::uint32_t> bounds_of_rows(std::string_view chunk) {
  RowCounter counter(chunk);
  Places last;
  const auto count = [](std::uint64_t bits) {
    return static_cast<std::size_t>(std::popcount(bits));
  };
  for (std::size_t at = 0; at < chunk.size(); at += kBlock) {
    const char* const p = chunk.data() + at;
    const std::uint64_t inside =
        ~std::uint64_t{0} >> (kBlock - std::min(kBlock, chunk.size() - at));
    const Places here = places_in(p);
    // A dropped zero is noted where it ends: two places behind its colon.
    std::uint64_t dropped = here.blanks & (here.zeros << 1 | last.zeros >> 63) &
                            (here.colons << 2 | last.colons >> 62) & inside;
    std::uint64_t colons = here.colons & inside;
    for (std::uint64_t ends = here.ends & inside; ends != 0; ends &= ends - 1) {
      const std::uint64_t until = ends ^ (ends - 1);
      counter.go_on(count(colons & until) - count(dropped & until));
      counter.end_line(p + std::countr_zero(ends));
      colons &= ~until;
      dropped &= ~until;
    }
    counter.go_on(count(colons) - count(dropped));
    last = here;
  }
  return counter.finish();
}

}  // namespace sgdbench
