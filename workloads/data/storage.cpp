#include "workloads/data/storage.h"

#include <algorithm>
#include <cmath>
#include <memory>
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

}  // namespace sgdbench
