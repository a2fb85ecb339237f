#include "workloads/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace sgdbench {
namespace {

/// Levenshtein's edit distance, one row of the table at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i] != b[j] ? 1 : 0);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replace, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view typed, std::span<const std::string> valid) {
  std::size_t least = std::max<std::size_t>(2, typed.size() / 3) + 1;
  std::string nearest;
  for (const std::string& name : valid) {
    // At least so far apart: nobody waits for the distance to a text without end.
    const auto [shorter, longer] = std::minmax({typed.size(), name.size()});
    if (longer - shorter >= least) continue;
    const std::size_t distance = edit_distance(typed, name);
    if (distance < least) {
      least = distance;
      nearest = name;
    }
  }
  return nearest;
}

std::string unknown_name(std::string_view kind, std::string_view typed,
                         std::span<const std::string> valid) {
  const std::string nearest = nearest_name(typed, valid);
  return fmt::format("unknown {} '{}';{} valid: {}", kind, typed,
                     nearest.empty() ? "" : fmt::format(" did you mean '{}'?", nearest),
                     fmt::join(valid, ", "));
}

std::string shortest_text(double number) {
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr};
}

}  // namespace sgdbench
