#include "workloads/data/scaling.h"

#include <cmath>
#include <utility>

#include "workloads/data/storage.h"

namespace sgdbench {
namespace {

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
