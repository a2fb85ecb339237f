// Scaling columns to mean 0 and deviation 1.
#pragma once

#include <vector>

#include "workloads/data/matrix.h"
#include "workloads/parallel.h"

namespace sgdbench {

/// Per column: (x − mean)/deviation.
struct Scaling {
  std::vector<double> means;
  std::vector<double> deviations;  ///< 1 where a column is constant
};

/// Mean and standard deviation of every column, summed in blocks of rows in a fixed order.
Scaling fit_scaling(const DenseMatrix& matrix, const ParallelFor& parallel);
void apply_scaling(const Scaling& scaling, DenseMatrix& matrix, const ParallelFor& parallel);

}  // namespace sgdbench
