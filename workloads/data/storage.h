// How a data set is held: sparse or dense, and how wide.
//
// The density rule, for the text formats (LIBSVM, CSV, TSV): with more than half of all
// rows × columns non-zero the data are stored dense, otherwise sparse, whatever the format was.
// Columns are counted up to the last non-zero one, because LIBSVM text can't say that there are
// empty ones behind it. So the same numbers train on the same kernels, to the same losses, from
// either format. IDX images say themselves (idx.h), and generators do.
//
// A file may count its features by hashes, or have a slip in one index: two entries, and two
// thousand million columns. A vector over all of them would outweigh the data, so of data that are
// scattered like that only the features that a training row has are held (feature_order.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <variant>
#include <vector>

#include "workloads/data/matrix.h"
#include "workloads/parallel.h"

namespace sgdbench {

using Features = std::variant<SparseMatrix, DenseMatrix>;

/// What readers and generators make: rows with their targets.
struct Examples {
  Features features;
  std::vector<float> targets;
};

inline constexpr double kDenseAbove = 0.5;

/// Rows per item of a parallel loop over rows. Fixed, so that sums over blocks don't depend on the
/// number of threads.
inline constexpr std::size_t kRowBlock = 4096;

/// Calls body(begin, end) for every block of rows.
template <class Body>
void for_row_blocks(std::size_t rows, const ParallelFor& parallel, const Body& body) {
  parallel((rows + kRowBlock - 1) / kRowBlock, [&](std::size_t block) {
    const std::size_t begin = block * kRowBlock;
    body(begin, begin + kRowBlock < rows ? begin + kRowBlock : rows);
  });
}

/// Calls visit(column, value) for the non-zeros of a row, in the order in which they are stored.
template <class Visit>
void for_each_non_zero(const SparseMatrix& matrix, std::size_t row, const Visit& visit) {
  for (const Entry& entry : matrix.row(row))
    if (entry.value != 0) visit(entry.column, entry.value);
}
template <class Visit>
void for_each_non_zero(const DenseMatrix& matrix, std::size_t row, const Visit& visit) {
  const auto values = matrix.row(row);
  for (std::size_t j = 0; j < values.size(); ++j)
    if (values[j] != 0) visit(static_cast<std::uint32_t>(j), values[j]);
}

std::size_t width(const Features& features);

DenseMatrix to_dense(const SparseMatrix& matrix, std::size_t columns, const ParallelFor& parallel);
SparseMatrix to_sparse(const DenseMatrix& matrix, const ParallelFor& parallel);

/// The density rule.
bool is_dense(std::size_t non_zeros, std::size_t rows, std::size_t columns);

/// Applies the density rule to all parts of a table together.
std::vector<Features> stored_by_density(std::vector<DenseMatrix> parts,
                                        const ParallelFor& parallel);

/// Whether a vector over all columns is out of proportion to what is in them.
bool is_scattered(std::size_t columns, std::size_t non_zeros);

/// Keeps the entries for which keep(entry), which may change one, is true.
void keep_entries(SparseMatrix& matrix, const std::function<bool(Entry&)>& keep);

/// Makes both parts equally wide, the wider one wins, and stores the test part as the training
/// part is stored. Where the test part's width would scatter them, it loses what lies beyond the
/// training part's.
void match_storage(Features& train, Features& test, const ParallelFor& parallel);

inline constexpr std::size_t kMaxClasses = 1000;

/// The distinct targets of all parts, ascending, if they are at most 1,000 different integers; else
/// empty.
std::vector<float> find_classes(const std::vector<std::span<const float>>& parts);

}  // namespace sgdbench
