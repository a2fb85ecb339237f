// How the features of sparse data are numbered in memory.
//
// Idea: an SGD step on a sparse row touches one parameter for each of its features, and in real
// data a few features are in most rows. Numbered by popularity, their parameters lie side by side
// and share a few cache lines that are always near; numbered as in the file, each sits on a line
// of its own among features that hardly anybody needs.
//
// Where the features are scattered (storage.h), those that occur are first numbered 0, 1, … in
// their order, and the others are forgotten: nothing can be learned of a feature that no training
// row has. A linear model's parameter for it stays at zero, so its losses are the same with and
// without. A network's would keep its random first weight, and test rows that have the feature
// would see it; here they don't.
//
// Invariant: the numbers are a permutation of the old ones, and the entries of a row keep their
// places. So a row's sums are added in the same order as before, to the same bits.
#pragma once

#include <cstdint>
#include <vector>

#include "workloads/data/matrix.h"
#include "workloads/parallel.h"

namespace sgdbench {

/// The features that some row has, ascending.
std::vector<std::uint32_t> occurring_features(const SparseMatrix& matrix);

/// Makes the features `kept`, which ascend, the only ones: kept[k] becomes number k, and entries of
/// others are removed.
void keep_features(SparseMatrix& matrix, const std::vector<std::uint32_t>& kept);

/// The new number of every feature: 0 for the one in most rows, then 1, and so on; of features in
/// equally many rows, the one with the lower old number comes first.
std::vector<std::uint32_t> popularity_numbers(const SparseMatrix& matrix,
                                              const ParallelFor& parallel);

/// Gives every entry its feature's new number.
void renumber_features(SparseMatrix& matrix, const std::vector<std::uint32_t>& numbers,
                       const ParallelFor& parallel);

}  // namespace sgdbench
