// Scaling columns to mean 0 and deviation 1.
//
// Mean and deviation are gathered row by row in double (Welford 1962), and parts of the rows are
// put together (Chan, Golub and LeVeque 1979), in an order that doesn't depend on the number of
// threads. Unlike a sum of squares that loses nothing where the mean is large beside the deviation,
// and a constant column has a deviation of exactly 0.
#pragma once

#include <span>
#include <vector>

#include "workloads/data/matrix.h"
#include "workloads/parallel.h"

namespace sgdbench {

/// Per column: (x − mean)/deviation.
struct Scaling {
  std::vector<double> means;
  std::vector<double> deviations;  ///< 1 where a column is constant

  double scaled(std::size_t column, double value) const {
    return (value - means[column]) / deviations[column];
  }
};

/// Of some rows.
class ColumnMoments {
 public:
  ColumnMoments() = default;
  explicit ColumnMoments(std::size_t columns) : means_(columns), squares_(columns) {}

  /// One row with a value for each column.
  template <class Value>
  void add(std::span<const Value> row);
  /// The rows of another.
  void add(const ColumnMoments& other);
  /// Of all rows; there must be one.
  Scaling scaling() &&;

 private:
  double rows_ = 0;
  std::vector<double> means_;
  std::vector<double> squares_;  ///< sum of (x − mean)²
};

template <class Value>
void ColumnMoments::add(std::span<const Value> row) {
  rows_ += 1;
  const double share = 1 / rows_;
  double* const means = means_.data();
  double* const squares = squares_.data();
  for (std::size_t j = 0; j < row.size(); ++j) {
    const auto x = static_cast<double>(row[j]);
    const double difference = x - means[j];
    means[j] += difference * share;
    squares[j] += difference * (x - means[j]);
  }
}

/// Of the rows of a matrix, of which there must be one.
Scaling fit_scaling(const DenseMatrix& matrix, const ParallelFor& parallel);
void apply_scaling(const Scaling& scaling, DenseMatrix& matrix, const ParallelFor& parallel);

}  // namespace sgdbench
