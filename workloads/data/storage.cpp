#include "workloads/data/storage.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <utility>

namespace sgdbench {
namespace {

constexpr std::size_t kFewColumns = std::size_t{1} << 20;  ///< no matter whose: 4 MB a vector

DenseMatrix resized(const DenseMatrix& matrix, std::size_t columns, const ParallelFor& parallel) {
  DenseMatrix result(matrix.rows(), columns);
  const std::size_t kept = std::min(columns, matrix.columns);
  for_row_blocks(matrix.rows(), parallel, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      std::copy_n(matrix.row(i).data(), kept, result.row(i).data());
  });
  return result;
}

void resize_columns(Features& features, std::size_t columns, const ParallelFor& parallel) {
  if (auto* sparse = std::get_if<SparseMatrix>(&features)) {
    sparse->columns = columns;
  } else if (auto& dense = std::get<DenseMatrix>(features); dense.columns != columns) {
    dense = resized(dense, columns, parallel);
  }
}

struct Occupancy {
  std::size_t non_zeros = 0;
  std::size_t columns = 0;  ///< one more than the last column with a non-zero

  void add(const Occupancy& other) {
    non_zeros += other.non_zeros;
    columns = std::max(columns, other.columns);
  }
};

Occupancy occupancy(const DenseMatrix& matrix, const ParallelFor& parallel) {
  std::vector<Occupancy> blocks((matrix.rows() + kRowBlock - 1) / kRowBlock);
  for_row_blocks(matrix.rows(), parallel, [&](std::size_t begin, std::size_t end) {
    Occupancy block;
    for (std::size_t i = begin; i < end; ++i)
      for_each_non_zero(matrix, i, [&](std::uint32_t column, float) {
        block.add({1, std::size_t{column} + 1});
      });
    blocks[begin / kRowBlock] = block;
  });
  Occupancy sum;
  for (const Occupancy& block : blocks) sum.add(block);
  return sum;
}

/// Values that are stored.
std::size_t size_of(const Features& features) {
  if (const auto* sparse = std::get_if<SparseMatrix>(&features)) return sparse->entries.size();
  return std::get<DenseMatrix>(features).rows() * width(features);
}

}  // namespace

std::size_t width(const Features& features) {
  return std::visit([](const auto& matrix) { return matrix.columns; }, features);
}

DenseMatrix to_dense(const SparseMatrix& matrix, std::size_t columns, const ParallelFor& parallel) {
  DenseMatrix dense(matrix.rows(), columns);
  for_row_blocks(matrix.rows(), parallel, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = dense.row(i);
      for_each_non_zero(matrix, i, [&](std::uint32_t column, float v) { row[column] = v; });
    }
  });
  return dense;
}

SparseMatrix to_sparse(const DenseMatrix& matrix, const ParallelFor& parallel) {
  SparseMatrix sparse;
  sparse.columns = matrix.columns;
  sparse.offsets.resize(matrix.rows() + 1);
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    const auto row = matrix.row(i);
    const auto zeros = std::count(row.begin(), row.end(), 0.0f);
    sparse.offsets[i + 1] = sparse.offsets[i] + row.size() - static_cast<std::size_t>(zeros);
  }
  sparse.entries.resize(sparse.offsets.back());
  for_row_blocks(matrix.rows(), parallel, [&](std::size_t begin, std::size_t end) {
    Entry* out = sparse.entries.data() + sparse.offsets[begin];
    for (std::size_t i = begin; i < end; ++i)
      for_each_non_zero(matrix, i, [&](std::uint32_t column, float v) { *out++ = {column, v}; });
  });
  return sparse;
}

bool is_dense(std::size_t non_zeros, std::size_t rows, std::size_t columns) {
  return static_cast<double>(non_zeros) >
         kDenseAbove * static_cast<double>(rows) * static_cast<double>(columns);
}

std::vector<Features> stored_by_density(std::vector<DenseMatrix> parts,
                                        const ParallelFor& parallel) {
  Occupancy used;
  std::size_t rows = 0;
  for (const DenseMatrix& part : parts) {
    used.add(occupancy(part, parallel));
    rows += part.rows();
  }
  std::vector<Features> stored;
  for (DenseMatrix& part : parts) {
    DenseMatrix matrix = std::move(part);
    if (is_dense(used.non_zeros, rows, used.columns))
      stored.emplace_back(std::move(matrix));
    else
      stored.emplace_back(to_sparse(matrix, parallel));
    resize_columns(stored.back(), used.columns, parallel);
  }
  return stored;
}

bool is_scattered(std::size_t columns, std::size_t non_zeros) {
  return columns > std::max(kFewColumns, non_zeros);
}

void keep_entries(SparseMatrix& matrix, const std::function<bool(Entry&)>& keep) {
  std::uint64_t out = 0, begin = 0;
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    const std::uint64_t end = matrix.offsets[i + 1];
    for (; begin < end; ++begin) {
      Entry entry = matrix.entries[begin];
      if (keep(entry)) matrix.entries[out++] = entry;
    }
    matrix.offsets[i + 1] = out;
  }
  matrix.entries.resize(out);
}

void match_storage(Features& train, Features& test, const ParallelFor& parallel) {
  std::size_t columns = std::max(width(train), width(test));
  if (width(test) > width(train) && is_scattered(columns, size_of(train) + size_of(test))) {
    columns = width(train);
    if (auto* sparse = std::get_if<SparseMatrix>(&test))
      keep_entries(*sparse, [columns](const Entry& entry) { return entry.column < columns; });
  }
  resize_columns(train, columns, parallel);
  if (train.index() == test.index()) {
    resize_columns(test, columns, parallel);
  } else if (const auto* sparse = std::get_if<SparseMatrix>(&test)) {
    test = to_dense(*sparse, columns, parallel);
  } else {
    test = to_sparse(std::get<DenseMatrix>(test), parallel);
    resize_columns(test, columns, parallel);
  }
}

std::vector<float> find_classes(const std::vector<std::span<const float>>& parts) {
  std::vector<float> classes;
  for (const auto targets : parts)
    for (const float target : targets) {
      const auto place = std::lower_bound(classes.begin(), classes.end(), target);
      if (place != classes.end() && *place == target) continue;
      if (target != std::trunc(target) || classes.size() == kMaxClasses) return {};
      classes.insert(place, target);
    }
  return classes;
}

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
