#include "workloads/data/scaling.h"

#include <cmath>
#include <utility>

#include "workloads/data/storage.h"

namespace sgdbench {

void ColumnMoments::add(const ColumnMoments& other) {
  if (other.rows_ == 0) return;
  const double rows = rows_ + other.rows_;
  for (std::size_t j = 0; j < means_.size(); ++j) {
    const double difference = other.means_[j] - means_[j];
    means_[j] += difference * (other.rows_ / rows);
    squares_[j] += other.squares_[j] + difference * difference * (rows_ * other.rows_ / rows);
  }
  rows_ = rows;
}

Scaling ColumnMoments::scaling() && {
  for (double& square : squares_) square = square > 0 ? std::sqrt(square / rows_) : 1;
  return {std::move(means_), std::move(squares_)};
}

Scaling fit_scaling(const DenseMatrix& matrix, const ParallelFor& parallel) {
  std::vector<ColumnMoments> blocks((matrix.rows() + kRowBlock - 1) / kRowBlock);
  for_row_blocks(matrix.rows(), parallel, [&](std::size_t begin, std::size_t end) {
    ColumnMoments block(matrix.columns);
    for (std::size_t i = begin; i < end; ++i) block.add(matrix.row(i));
    blocks[begin / kRowBlock] = std::move(block);
  });
  ColumnMoments all(matrix.columns);
  for (const ColumnMoments& block : blocks) all.add(block);
  return std::move(all).scaling();
}

void apply_scaling(const Scaling& scaling, DenseMatrix& matrix, const ParallelFor& parallel) {
  for_row_blocks(matrix.rows(), parallel, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = matrix.row(i);
      for (std::size_t j = 0; j < row.size(); ++j)
        row[j] = static_cast<Real>(scaling.scaled(j, static_cast<double>(row[j])));
    }
  });
}

}  // namespace sgdbench
