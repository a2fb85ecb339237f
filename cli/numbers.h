// Numbers that a user types, checked: one line says what is wrong.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace sgdbench {

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

}  // namespace sgdbench
