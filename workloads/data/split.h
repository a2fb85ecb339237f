// Choosing, scaling and reordering rows.
#pragma once

#include <cstdint>
#include <vector>

#include "workloads/data/matrix.h"
#include "workloads/data/storage.h"

namespace sgdbench {

/// The given rows of `from`, in that order. Makes new arrays: both live until `from` is freed.
Examples gather(const Features& features, const std::vector<float>& targets,
                const std::vector<std::uint32_t>& rows, const ParallelFor& parallel);

/// Which rows train and which test, each in file order.
struct RowSplit {
  std::vector<std::uint32_t> train;
  std::vector<std::uint32_t> test;
};

/// Sets round(fraction·rows) rows aside, chosen at random. Throws UsageError if that leaves either
/// side empty.
RowSplit choose_holdout(std::size_t rows, double fraction, std::uint64_t seed);

/// A uniform permutation of 0 … rows − 1.
std::vector<std::uint32_t> permutation(std::size_t rows, std::uint64_t seed);

/// Per column: (x − mean)/deviation.
struct Scaling {
  std::vector<double> means;
  std::vector<double> deviations;  ///< 1 where a column is constant
};

/// Mean and standard deviation of every column, summed in blocks of rows in a fixed order.
Scaling fit_scaling(const DenseMatrix& matrix, const ParallelFor& parallel);
void apply_scaling(const Scaling& scaling, DenseMatrix& matrix, const ParallelFor& parallel);

}  // namespace sgdbench
