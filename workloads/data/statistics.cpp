#include "workloads/data/statistics.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "workloads/data/storage.h"

namespace sgdbench {
namespace {

/// For every feature, the examples that contain it.
struct FeatureLists {
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint32_t> examples;

  std::uint64_t length(std::uint32_t feature) const {
    return offsets[feature + 1] - offsets[feature];
  }
};

template <class Matrix>
FeatureLists make_lists(const Matrix& matrix) {
  FeatureLists lists;
  lists.offsets.resize(matrix.columns + 1);
  for (std::size_t i = 0; i < matrix.rows(); ++i)
    for_each_non_zero(matrix, i, [&](std::uint32_t j, float) { ++lists.offsets[j + 1]; });
  std::partial_sum(lists.offsets.begin(), lists.offsets.end(), lists.offsets.begin());
  lists.examples.resize(lists.offsets.back());
  std::vector<std::uint64_t> next(lists.offsets.begin(), lists.offsets.end() - 1);
  for (std::size_t i = 0; i < matrix.rows(); ++i)
    for_each_non_zero(matrix, i, [&](std::uint32_t j, float) {
      lists.examples[next[j]++] = static_cast<std::uint32_t>(i);
    });
  return lists;
}

struct Candidate {
  std::uint64_t bound;  ///< total length of the lists of the example's features
  std::uint32_t example;
};

template <class Matrix>
class RhoSearch {
 public:
  RhoSearch(const Matrix& matrix, const FeatureLists& lists)
      : matrix_(matrix), lists_(lists), seen_(matrix.rows()) {
    candidates_.reserve(matrix.rows());
    for (std::size_t i = 0; i < matrix.rows(); ++i) {
      std::uint64_t bound = 0;
      for_each_non_zero(matrix, i, [&](std::uint32_t j, float) { bound += lists.length(j); });
      candidates_.push_back({bound, static_cast<std::uint32_t>(i)});
    }
    std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
      return a.bound != b.bound ? a.bound > b.bound : a.example < b.example;
    });
  }

  void run(std::uint64_t budget, DataStatistics& statistics) {
    const std::size_t rows = matrix_.rows();
    std::size_t best = 0;
    std::uint64_t steps = 0;
    for (const Candidate& candidate : candidates_) {
      if (best == rows || candidate.bound <= best) break;
      if (steps > budget) {
        statistics.rho_exact = false;
        break;
      }
      best = std::max(best, neighbours(candidate.example, steps));
    }
    statistics.rho = static_cast<double>(best) / static_cast<double>(rows);
  }

 private:
  /// Size of the union of the example's lists.
  std::size_t neighbours(std::uint32_t example, std::uint64_t& steps) {
    const std::uint32_t stamp = ++stamp_;
    std::size_t count = 0;
    for_each_non_zero(matrix_, example, [&](std::uint32_t j, float) {
      if (count == matrix_.rows()) return;
      steps += lists_.length(j);
      for (auto k = lists_.offsets[j]; k < lists_.offsets[j + 1]; ++k) {
        std::uint32_t& seen = seen_[lists_.examples[k]];
        count += seen != stamp ? 1 : 0;
        seen = stamp;
      }
    });
    return count;
  }

  const Matrix& matrix_;
  const FeatureLists& lists_;
  std::vector<std::uint32_t> seen_;  ///< the last search that met the example
  std::uint32_t stamp_ = 0;
  std::vector<Candidate> candidates_;
};

template <class Matrix>
void describe(const Matrix& matrix, std::uint64_t rho_budget, DataStatistics& statistics) {
  const FeatureLists lists = make_lists(matrix);
  const auto rows = static_cast<double>(matrix.rows());
  statistics.non_zeros = lists.examples.size();
  statistics.mean_row_length = static_cast<double>(statistics.non_zeros) / rows;
  if (statistics.features > 0)
    statistics.density = statistics.mean_row_length / static_cast<double>(statistics.features);
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    std::size_t length = 0;
    for_each_non_zero(matrix, i, [&](std::uint32_t, float) { ++length; });
    statistics.omega = std::max(statistics.omega, length);
  }
  for (std::size_t j = 0; j < matrix.columns; ++j)
    statistics.delta = std::max(
        statistics.delta, static_cast<double>(lists.length(static_cast<std::uint32_t>(j))) / rows);
  if (statistics.delta == 1)
    statistics.rho = 1;  // whoever has that feature meets everybody
  else
    RhoSearch<Matrix>(matrix, lists).run(rho_budget, statistics);
}

/// Lists of features that no row has would be most of the memory.
void describe_scattered(SparseMatrix matrix, std::uint64_t rho_budget, DataStatistics& statistics) {
  keep_features(matrix, occurring_features(matrix));
  describe(matrix, rho_budget, statistics);
}

}  // namespace

DataStatistics data_statistics(const Dataset& data, std::uint64_t rho_budget) {
  DataStatistics statistics;
  statistics.rows = data.rows();
  if (data.rows() == 0) return statistics;
  statistics.features = data.feature_count();
  const auto* sparse = std::get_if<SparseMatrix>(&data.features);
  if (sparse != nullptr && is_scattered(sparse->columns, sparse->entries.size()))
    describe_scattered(*sparse, rho_budget, statistics);
  else
    std::visit([&](const auto& matrix) { describe(matrix, rho_budget, statistics); },
               data.features);
  if (!data.classes.empty()) {
    std::map<float, std::size_t> counts;
    for (const float label : data.targets) ++counts[label];
    for (const auto& [label, rows] : counts) statistics.classes.push_back({label, rows});
  }
  return statistics;
}

}  // namespace sgdbench
