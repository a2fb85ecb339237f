#include "workloads/data/libsvm_values.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "workloads/data/number.h"

namespace sgdbench {
namespace {

/// Whatever a file holds, its features take no more memory than this many do.
constexpr std::size_t kMostFeatures = 1000;
constexpr std::size_t kWatchedRows = 64;

/// By the feature's number.
using Watched = std::map<std::uint32_t, MergedValues>;

void see(Watched& features, std::uint32_t feature, const Decimal& value) {
  auto found = features.find(feature);
  if (found == features.end()) {
    if (features.size() == kMostFeatures) return;
    found = features.emplace(feature, MergedValues(1, kWatchedRows, true)).first;
  }
  found->second.see(0, value, value.nearest);
}

/// Every "index:value" of a line has a colon, and so may its comment.
void see_line(Watched& features, std::string_view line) {
  line = line.substr(0, line.find('#'));
  for (std::size_t colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    Decimal value;
    if (parse_decimal(line.data() + colon + 1, value) == nullptr ||
        std::abs(value.nearest) < kLargeValue)
      continue;
    std::size_t digit = colon;
    while (digit > 0 && line[digit - 1] >= '0' && line[digit - 1] <= '9') --digit;
    std::uint32_t feature = 0;
    for (; digit < colon; ++digit)
      feature = feature * 10 + static_cast<std::uint32_t>(line[digit] - '0');
    see(features, feature, value);
  }
}

}  // namespace

std::vector<MergedPair> merged_large_values(const std::vector<std::string_view>& pieces) {
  Watched features;
  for (std::string_view text : pieces)
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      see_line(features, text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  std::vector<MergedPair> pairs;
  for (const auto& [feature, values] : features)
    for (MergedPair pair : values.found()) {
      pair.column = feature;
      pairs.push_back(pair);
    }
  return pairs;
}

}  // namespace sgdbench
