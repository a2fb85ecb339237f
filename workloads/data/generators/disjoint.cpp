// disjoint: row i uses only the features of group i mod groups, so rows of different groups never
// touch the same parameter. With groups = rows no two rows do. For asynchronous updates this is
// the case without any conflict.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "workloads/data/generators/generators.h"
#include "workloads/data/generators/portable.h"

namespace sgdbench {
namespace {

constexpr std::size_t kFeaturesPerGroup = 16;  // where features are not given
constexpr std::size_t kLongestRow = 10;
constexpr double kScale = 5;

constexpr std::array<Parameter, 4> kParameters = {{{"rows", 20000, 1, kMaxRows},
                                                   {"features", 0, 1, kMaxFeatures},
                                                   {"groups", 64, 1, kMaxRows},
                                                   kSeed}};

struct Model {
  std::size_t features;
  std::size_t groups;
  std::uint64_t seed;

  std::size_t group_start(std::size_t group) const {
    return group * features / groups;  // below 2^32 · 2^31
  }

  /// Up to ten different features of the group, values normal, the row scaled to length 1.
  float fill(std::size_t row, std::vector<Entry>& out) const {
    Random random = row_random(seed, 1, row);
    const std::size_t group = row % groups;
    const std::size_t start = group_start(group);
    const std::size_t width = group_start(group + 1) - start;
    const std::size_t length = std::min(width, kLongestRow);
    // Selection sampling: each feature is taken with the probability that still fills the row.
    std::vector<double> values;
    double square = 0;
    const std::size_t first = out.size();
    for (std::size_t j = 0; j < width && values.size() < length; ++j) {
      if (random.below(width - j) >= length - values.size()) continue;
      values.push_back(portable::normal(random));
      square += values.back() * values.back();
      out.emplace_back(static_cast<std::uint32_t>(start + j), 0.0f);
    }
    double margin = 0;
    for (std::size_t k = 0; k < values.size(); ++k) {
      Entry& entry = out[first + k];
      entry.value = static_cast<float>(values[k] / std::sqrt(square));
      Random weight = row_random(seed, 2, entry.column);
      margin += kScale * portable::normal(weight) * static_cast<double>(entry.value);
    }
    return noisy_label(margin, random);
  }
};

Examples make(const ParameterValues& values, const ParallelFor& parallel) {
  const std::size_t rows = values.whole("rows");
  const std::size_t groups = values.whole("groups");
  const std::size_t asked = values.whole("features");
  const std::size_t features = asked == 0 ? groups * kFeaturesPerGroup : asked;
  if (groups > rows) values.refuse(fmt::format("groups={} must be at most rows={}", groups, rows));
  if (features < groups || static_cast<double>(features) > kMaxFeatures)
    values.refuse(fmt::format("features={} must be at least groups={} and at most 2147483648",
                              features, groups));
  values.check_memory(static_cast<double>(rows) * (kLongestRow * sizeof(Entry) + 16));
  const Model model{features, groups, values.seed()};
  return make_sparse(rows, features, parallel, [&](std::size_t row, std::vector<Entry>& out) {
    return model.fill(row, out);
  });
}

}  // namespace

const Generator kDisjoint = {
    "disjoint",
    "sparse, two classes: row i uses only features of group i mod groups, up to 10 of them, so "
    "rows of different groups share none; Bayes error 10.5 %",
    kParameters, make};

}  // namespace sgdbench
