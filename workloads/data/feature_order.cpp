#include "workloads/data/feature_order.h"

#include <algorithm>
#include <span>

#include "workloads/data/storage.h"

namespace sgdbench {
namespace {

using Counts = std::vector<std::uint32_t>;

/// Parts that the entries are counted in at the same time: more than one only as long as the
/// parts' counts together are small beside the entries.
std::size_t count_parts(const SparseMatrix& matrix) {
  constexpr std::size_t kMost = 16;
  constexpr std::size_t kEntriesPerCount = 16;
  const std::size_t counts = matrix.columns * kEntriesPerCount;
  return std::clamp<std::size_t>(counts == 0 ? 1 : matrix.entries.size() / counts, 1, kMost);
}

/// The number of rows that each feature is in.
Counts count_rows(const SparseMatrix& matrix, const ParallelFor& parallel) {
  std::vector<Counts> parts(count_parts(matrix));
  const std::size_t size = matrix.entries.size() / parts.size() + 1;
  parallel(parts.size(), [&](std::size_t part) {
    Counts counts(matrix.columns);
    const std::size_t begin = std::min(part * size, matrix.entries.size());
    const std::size_t end = std::min(begin + size, matrix.entries.size());
    for (const Entry& entry : std::span(matrix.entries).subspan(begin, end - begin))
      ++counts[entry.column];
    parts[part] = std::move(counts);
  });
  for (std::size_t part = 1; part < parts.size(); ++part)
    for (std::size_t j = 0; j < matrix.columns; ++j) parts[0][j] += parts[part][j];
  return std::move(parts[0]);
}

}  // namespace

std::vector<std::uint32_t> occurring_features(const SparseMatrix& matrix) {
  std::vector<std::uint32_t> features;
  features.reserve(matrix.entries.size());
  for (const Entry& entry : matrix.entries) features.push_back(entry.column);
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  features.shrink_to_fit();
  return features;
}

void keep_features(SparseMatrix& matrix, const std::vector<std::uint32_t>& kept) {
  keep_entries(matrix, [&kept](Entry& entry) {
    const auto place = std::lower_bound(kept.begin(), kept.end(), entry.column);
    if (place == kept.end() || *place != entry.column) return false;
    entry.column = static_cast<std::uint32_t>(place - kept.begin());
    return true;
  });
  matrix.columns = kept.size();
}

std::vector<std::uint32_t> popularity_numbers(const SparseMatrix& matrix,
                                              const ParallelFor& parallel) {
  Counts counts = count_rows(matrix, parallel);
  std::vector<std::uint32_t> used;
  for (std::size_t j = 0; j < matrix.columns; ++j)
    if (counts[j] != 0) used.push_back(static_cast<std::uint32_t>(j));
  std::stable_sort(used.begin(), used.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return counts[a] > counts[b]; });
  // A feature's number takes the place of its count.
  auto number = static_cast<std::uint32_t>(used.size());
  for (std::uint32_t& entry : counts)
    if (entry == 0) entry = number++;
  number = 0;
  for (const std::uint32_t j : used) counts[j] = number++;
  return counts;
}

void renumber_features(SparseMatrix& matrix, const std::vector<std::uint32_t>& numbers,
                       const ParallelFor& parallel) {
  for_row_blocks(matrix.rows(), parallel, [&](std::size_t begin, std::size_t end) {
    Entry* const last = matrix.entries.data() + matrix.offsets[end];
    for (Entry* entry = matrix.entries.data() + matrix.offsets[begin]; entry != last; ++entry)
      entry->column = numbers[entry->column];
  });
}

}  // namespace sgdbench
