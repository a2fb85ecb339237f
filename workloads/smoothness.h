// How large a step the data allow.
#pragma once

#include "workloads/data/matrix.h"

namespace sgdbench {

/// Which columns a row x is taken to have.
enum class Columns {
  as_stored,
  with_ones,  ///< and one of 1 in every row: what an intercept sees
  centred,    ///< less their mean, in the eigenvalue: for networks, whose biases take up what all
              ///< rows have in common within the first few updates
};

/// What the suggested step sizes are made from.
struct DataScale {
  double largest = 0;     ///< max ‖xᵢ‖²
  double eigenvalue = 0;  ///< the largest of 1/n ∑ xᵢxᵢᵀ, or of the covariance
};

/// The norm is over all rows; the eigenvalue is by power iteration on the first 4,096 of them (the
/// training rows are in random order).
DataScale scale_of(const Dataset& data, Columns columns = Columns::as_stored);

/// γ = 1/(2·L(b)) with the expected smoothness of mini-batches of b out of n (Gower et al. 2019):
///   L(b) = n(b−1)/(b(n−1))·L + (n−b)/(b(n−1))·L_max,
///   L = c·eigenvalue + λ,  L_max = c·largest + r,
/// c bounding the loss's curvature and r the curvature of one example's regulariser.
double step_for(const DataScale& scale, double c, double l2, double r, std::size_t n,
                std::size_t b);

}  // namespace sgdbench
