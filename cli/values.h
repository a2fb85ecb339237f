// What the value of an option may say, checked: one line says what is wrong.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sgdbench {

// Numbers.

/// A whole number in [least, most]; throws UsageError.
std::uint64_t parse_count(std::string_view text, std::uint64_t least = 0,
                          std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

/// The ends of a range, and whether each belongs to it.
struct Interval {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool open_below = false;
  bool open_above = false;
};

/// A finite number in `allowed`; throws UsageError.
double parse_real(std::string_view text, const Interval& allowed = {});

/// "5%", or a share: 0.05; in per cent, and within `allowed`, which is too. Throws UsageError.
double parse_percent(std::string_view text, const Interval& allowed = {});

/// A number of bytes, at least 1: 4GB, 1.5MB, 2GiB or 1000. Throws UsageError.
std::uint64_t parse_bytes(std::string_view text);

/// In the largest unit that reads back as the same number.
std::string bytes_option_text(std::uint64_t bytes);

/// The fewest digits that read back as the same number.
std::string number_text(double value);

// Lists, ranges and patterns.
//
//   1,2,8      these          1..4     1,2,3,4        1..8:x2  1,2,4,8 (times 2)
//   1..9:+4    1,5,9          hog*     every name that starts so
//
// A backslash before a separator (or a backslash) takes its meaning away: a path with a comma.
// Every function throws UsageError for text that says nothing, and for lists beyond kLongest.

inline constexpr std::size_t kLongest = 10'000;

/// Throws UsageError where a list of so many values is too long.
void check_length(std::size_t length);

/// The parts between separators, unescaped; no part may be empty.
std::vector<std::string> split_list(std::string_view text, char separator = ',');

/// `item` as split_list() would give it back in one piece.
std::string escape_item(std::string_view item, char separator = ',');

/// A list of whole numbers and ranges of them. Parts that are no range are handed on as they
/// are: the option knows what it takes ("auto").
std::vector<std::string> expand_counts(std::string_view text);

/// The same for real numbers; a range must say its step.
std::vector<std::string> expand_reals(std::string_view text);

/// A list of names and patterns (* and ?) over `valid`; every name must exist and every pattern
/// match at least one. `kind` is for the error. Each name once, in the order first met.
std::vector<std::string> expand_names(std::string_view text, std::string_view kind,
                                      std::span<const std::string> valid);

/// A list of data sources. A generator's own parameters hold commas too: `a:rows=1,seed=2,b` is
/// two sources, because a part `key=value` after `name:` belongs to it.
std::vector<std::string> expand_sources(std::string_view text);

/// `source` as expand_sources() would give it back in one piece.
std::string escape_source(std::string_view source);

/// A list of names with parameters of their own, `uniform:1ms,2ms,exp:3ms`: a part that begins like
/// a number belongs to the one before it.
std::vector<std::string> expand_forms(std::string_view text);

/// `form` as expand_forms() would give it back in one piece.
std::string escape_form(std::string_view form);

}  // namespace sgdbench
