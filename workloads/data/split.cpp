#include "workloads/data/split.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "workloads/names.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

using Rows = std::vector<std::uint32_t>;

SparseMatrix gather_rows(const SparseMatrix& from, const Rows& rows, const ParallelFor& parallel) {
  SparseMatrix to;
  to.columns = from.columns;
  to.offsets.assign(rows.size() + 1, 0);
  for (std::size_t i = 0; i < rows.size(); ++i)
    to.offsets[i + 1] = to.offsets[i] + from.row(rows[i]).size();
  to.entries.resize(to.offsets.back());
  prefer_huge_pages(to.entries.data(), to.entries.size() * sizeof(Entry));
  for_row_blocks(rows.size(), parallel, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = from.row(rows[i]);
      std::copy(row.begin(), row.end(), to.entries.data() + to.offsets[i]);
    }
  });
  return to;
}

DenseMatrix gather_rows(const DenseMatrix& from, const Rows& rows, const ParallelFor& parallel) {
  DenseMatrix to(rows.size(), from.columns);
  for_row_blocks(rows.size(), parallel, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = from.row(rows[i]);
      std::copy(row.begin(), row.end(), to.row(i).data());
    }
  });
  return to;
}

/// Mean over the rows of visit(column, value), per column.
template <class Term>
std::vector<double> column_means(const DenseMatrix& matrix, const ParallelFor& parallel,
                                 const Term& term) {
  std::vector<std::vector<double>> sums((matrix.rows() + kRowBlock - 1) / kRowBlock);
  for_row_blocks(matrix.rows(), parallel, [&](std::size_t begin, std::size_t end) {
    std::vector<double> sum(matrix.columns);
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = matrix.row(i);
      for (std::size_t j = 0; j < row.size(); ++j) sum[j] += term(j, row[j]);
    }
    sums[begin / kRowBlock] = std::move(sum);
  });
  std::vector<double> means(matrix.columns);
  for (const auto& sum : sums)
    for (std::size_t j = 0; j < means.size(); ++j) means[j] += sum[j];
  for (double& mean : means) mean /= static_cast<double>(matrix.rows());
  return means;
}

}  // namespace

Examples gather(const Features& features, const std::vector<float>& targets, const Rows& rows,
                const ParallelFor& parallel) {
  std::vector<float> chosen(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) chosen[i] = targets[rows[i]];
  return std::visit(
      [&](const auto& matrix) {
        return Examples{gather_rows(matrix, rows, parallel), std::move(chosen)};
      },
      features);
}

RowSplit choose_holdout(std::size_t rows, double fraction, std::uint64_t seed) {
  const auto aside = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(rows)));
  if (aside == 0 || aside >= rows)
    throw UsageError("--holdout " + std::to_string(fraction) + " of " + std::to_string(rows) +
                     " rows leaves " + std::to_string(rows - std::min(rows, aside)) +
                     " for training and " + std::to_string(aside) +
                     " for testing; both need at least one");
  RowSplit split;
  split.train = permutation(rows, seed);
  const auto boundary = split.train.begin() + static_cast<std::ptrdiff_t>(aside);
  split.test.assign(split.train.begin(), boundary);
  split.train.erase(split.train.begin(), boundary);
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.test.begin(), split.test.end());
  return split;
}

Rows permutation(std::size_t rows, std::uint64_t seed) {
  Rows order(rows);
  std::iota(order.begin(), order.end(), 0u);
  Random random(seed);
  shuffle(order, random);
  return order;
}

Scaling fit_scaling(const DenseMatrix& matrix, const ParallelFor& parallel) {
  Scaling scaling;
  scaling.means = column_means(matrix, parallel,
                               [](std::size_t, Real value) { return static_cast<double>(value); });
  scaling.deviations = column_means(matrix, parallel, [&](std::size_t j, Real value) {
    const double difference = static_cast<double>(value) - scaling.means[j];
    return difference * difference;
  });
  for (std::size_t j = 0; j < matrix.columns; ++j) {
    // A constant column's variance is only what rounding its mean left.
    const double noise = 1e-12 * scaling.means[j] * scaling.means[j];
    double& deviation = scaling.deviations[j];
    deviation = deviation > noise ? std::sqrt(deviation) : 1;
  }
  return scaling;
}

void apply_scaling(const Scaling& scaling, DenseMatrix& matrix, const ParallelFor& parallel) {
  for_row_blocks(matrix.rows(), parallel, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = matrix.row(i);
      for (std::size_t j = 0; j < row.size(); ++j)
        row[j] = static_cast<Real>((static_cast<double>(row[j]) - scaling.means[j]) /
                                   scaling.deviations[j]);
    }
  });
}

}  // namespace sgdbench
