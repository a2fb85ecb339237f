#include "workloads/data/libsvm_lines.h"

#include <algorithm>
#include <bit>

#include "workloads/data/text.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sgdbench {
namespace {

constexpr std::size_t kBlock = 64;

/// Bit k says whether p[k] == c.
std::uint64_t places_of(const char* p, char c) {
  std::uint64_t places = 0;
#if defined(__SSE2__)
  for (std::size_t k = 0; k < kBlock; k += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + k));
    const int hits = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
    places |= static_cast<std::uint64_t>(hits) << k;
  }
#else
  for (std::size_t k = 0; k < kBlock; ++k)
    places |= static_cast<std::uint64_t>(p[k] == c ? 1 : 0) << k;
#endif
  return places;
}

class RowCounter {
 public:
  explicit RowCounter(std::string_view chunk)
      : line_(chunk.data()), end_(chunk.data() + chunk.size()) {}

  /// The line goes on for `colons` more of them and ends at `line_end`.
  void end_line(const char* line_end, std::size_t colons) {
    colons_ += colons;
    if (is_row()) {
      constexpr std::size_t kMost = std::size_t{1} << 31;
      if (colons_ > kMost)
        throw TextError{line_, "the row has " + std::to_string(colons_) +
                                   " colons; at most 2147483648 indices are different"};
      rows_.push_back(static_cast<std::uint32_t>(colons_));
    }
    colons_ = 0;
    line_ = line_end + 1;
  }
  void go_on(std::size_t colons) { colons_ += colons; }
  /// The last line, if it lacks its end.
  std::vector<std::uint32_t> finish() {
    if (line_ < end_) end_line(end_, 0);
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
  std::size_t colons_ = 0;
  std::vector<std::uint32_t> rows_;
};

}  // namespace

std::vector<std::uint32_t> colons_of_rows(std::string_view chunk) {
  RowCounter counter(chunk);
  for (std::size_t at = 0; at < chunk.size(); at += kBlock) {
    const char* const p = chunk.data() + at;
    const std::size_t size = std::min(kBlock, chunk.size() - at);
    const std::uint64_t inside = ~std::uint64_t{0} >> (kBlock - size);
    std::uint64_t colons = places_of(p, ':') & inside;
    for (std::uint64_t ends = places_of(p, '\n') & inside; ends != 0; ends &= ends - 1) {
      const std::uint64_t before = (ends & (~ends + 1)) - 1;
      counter.end_line(p + std::countr_zero(ends),
                       static_cast<std::size_t>(std::popcount(colons & before)));
      colons &= ~before;
    }
    counter.go_on(static_cast<std::size_t>(std::popcount(colons)));
  }
  return counter.finish();
}

}  // namespace sgdbench
