#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "workloads/data/entry_batch.h"
#include "workloads/data/readers.h"
#include "workloads/data/text.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace sgdbench {
namespace {

constexpr std::size_t kTextBlock = 64;

/// Bit k says whether p[k] == c, or is a blank or another control character.
struct Places {
  std::uint64_t colons = 0, zeros = 0, ends = 0, blanks = 0;
};

Places places_in(const char* p) {
  Places places;
#if defined(__AVX2__)
  for (std::size_t k = 0; k < kTextBlock; k += 32) {
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
  for (std::size_t k = 0; k < kTextBlock; k += 16) {
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
  for (std::size_t k = 0; k < kTextBlock; ++k) {
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
  for (std::size_t at = 0; at < chunk.size(); at += kTextBlock) {
    const char* const p = chunk.data() + at;
    const std::uint64_t inside =
        ~std::uint64_t{0} >> (kTextBlock - std::min(kTextBlock, chunk.size() - at));
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

namespace {

constexpr std::uint64_t kMaxIndex = std::uint64_t{1} << 31;

const char* skip_blanks(const char* p) {
  while (is_blank(*p)) ++p;
  return p;
}

class Parser {
 public:
  Parser(std::string_view chunk, std::uint32_t index_base)
      : begin_(chunk.data()), end_(chunk.data() + chunk.size()), base_(index_base) {}

  void parse(RowSink& sink);

 private:
  bool ends_row(const char* p) const { return *p == '\n' || *p == '#' || (*p == 0 && p == end_); }
  bool ends_number(const char* p) const { return is_blank(*p) || ends_row(p); }
  const char* next_line(const char* p) const {
    p = std::find(p, end_, '\n');
    return p == end_ ? p : p + 1;
  }

  const char* parse_label(const char* p, Decimal& label) const;
  const char* parse_features(const char* p, Entry*& out);
  const char* parse_entry(const char* p, std::uint32_t& column, float& value) const;
  const char* parse_index(const char* p, std::uint32_t& column) const;
  void sort_row(const char* features, Entry* first, Entry* last) const;
  [[noreturn]] void refuse_index(const char* p) const;
  [[noreturn]] void refuse_value(const char* p) const;

  const char* begin_;
  const char* end_;
  std::uint32_t base_;
  EntryBatch batch_;
};

void Parser::parse(RowSink& sink) {
  for (const char* p = begin_; p < end_; p = next_line(p)) {
    p = skip_blanks(p);
    if (ends_row(p)) continue;
    Entry* out = sink.begin_row();
    Decimal label;
    const char* const where = p;
    p = parse_label(p, label);
    p = parse_features(p, out);
    sink.end_row(label, where, out);
  }
}

const char* Parser::parse_label(const char* p, Decimal& label) const {
  const char* q = parse_decimal(p, label);
  if (q != nullptr && ends_number(q)) return q;
  if (q != nullptr && *q == ':')
    throw TextError{p, "the row starts with " + quoted(p, end_) + "; its label is missing"};
  throw TextError{p, "label " + describe_bad_number(p, end_)};
}

/// Appends the row's entries, in ascending order of their columns; returns where the row ends.
const char* Parser::parse_features(const char* p, Entry*& out) {
  Entry* const first = out;
  const char* const features = p;
  std::int64_t previous = -1;
  bool ascending = true;
  for (p = skip_blanks(p); !ends_row(p); p = skip_blanks(p)) {
    const EntryBatch::Read batch = batch_.read(p, base_, previous, out);
    if (batch.read > 0) {
      ascending &= batch.ascending;
      previous = batch.last;
      out += batch.written;
      p = batch.end;
      continue;
    }
    std::uint32_t column;
    float value;
    p = parse_entry(p, column, value);
    if (value != 0) *out++ = {column, value};
    ascending &= column > previous;
    previous = column;
  }
  if (!ascending) sort_row(features, first, out);
  return p;
}

/// Reads any "index:value"; returns its end.
const char* Parser::parse_entry(const char* p, std::uint32_t& column, float& value) const {
  const char* const at_value = parse_index(p, column);
  const char* const stop = parse_float(at_value, value);
  if (stop == nullptr || !ends_number(stop)) refuse_value(at_value);
  return stop;
}

/// Reads "index:"; returns where the value starts.
const char* Parser::parse_index(const char* p, std::uint32_t& column) const {
  const Digits digits = read_digits(p);
  std::uint64_t index = digits.value;
  const char* q = p + digits.count;
  if (digits.count == 8) [[unlikely]]
    for (; *q >= '0' && *q <= '9' && index <= kMaxIndex; ++q)
      index = index * 10 + static_cast<std::uint64_t>(*q - '0');
  if (*q != ':' || digits.count == 0 || index < base_ || index > kMaxIndex) [[unlikely]]
    refuse_index(p);
  column = static_cast<std::uint32_t>(index - base_);
  return q + 1;
}

void Parser::refuse_index(const char* p) const {
  const char* q = p;
  while (*q >= '0' && *q <= '9') ++q;
  if (q == p) {
    if (std::string_view(p, static_cast<std::size_t>(end_ - p)).starts_with("qid:"))
      throw TextError{p, "'qid:' marks ranking data, which no workload trains on; remove it"};
    throw TextError{p, quoted(p, end_) + " is not index:value"};
  }
  if (*q != ':') throw TextError{p, quoted(p, end_) + " is not index:value: the colon is missing"};
  if (std::all_of(p, q, [](char c) { return c == '0'; }))
    throw TextError{p,
                    "index 0, but indices count from 1; for a file that counts from 0 use "
                    "`index base` 0"};
  throw TextError{p, "index " + quoted(p, q) + " is too large; at most 2147483648"};
}

void Parser::refuse_value(const char* p) const {
  if (ends_number(p)) throw TextError{p, "a value is missing after the colon"};
  throw TextError{p, "value " + describe_bad_number(p, end_)};
}

/// Sorts a row whose indices don't ascend; goes through its text again for a repeated one, since
/// dropped zeros count too.
void Parser::sort_row(const char* features, Entry* first, Entry* last) const {
  std::vector<std::pair<std::uint32_t, const char*>> seen;
  for (const char* p = skip_blanks(features); !ends_row(p); p = skip_blanks(p)) {
    std::uint32_t column;
    float value;
    const char* const token = p;
    p = parse_float(parse_index(p, column), value);
    seen.emplace_back(column, token);
  }
  std::sort(seen.begin(), seen.end());
  const char* repeated = nullptr;
  for (std::size_t i = 1; i < seen.size(); ++i)
    if (seen[i].first == seen[i - 1].first && (repeated == nullptr || seen[i].second < repeated))
      repeated = seen[i].second;
  if (repeated != nullptr)
    throw TextError{repeated, "index " + quoted(repeated, std::find(repeated, end_, ':')) +
                                  " appears twice in its row"};
  std::sort(first, last, [](const Entry& a, const Entry& b) { return a.column < b.column; });
}

}  // namespace

void parse_libsvm(std::string_view chunk, std::uint32_t index_base, RowSink& sink) {
  Parser(chunk, index_base).parse(sink);
}

}  // namespace sgdbench
