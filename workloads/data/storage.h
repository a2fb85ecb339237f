// What data looks like once it is in memory: matrices, how they are held, and how features are
// numbered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "workloads/parallel.h"
#include "workloads/real.h"

namespace sgdbench {

/// One non-zero of a sparse row. Column and value lie side by side, so that a row is one stream
/// of memory and not two.
struct Entry {
  std::uint32_t column;
  float value;

  Entry() {}  // NOLINT: leaves the members unset, so that big arrays are not written twice
  Entry(std::uint32_t column_, float value_) : column(column_), value(value_) {}
};

/// Compressed sparse rows. No column is twice in a row. From readers and generators they ascend;
/// once features are renumbered (renumber_features) they come in any order.
struct SparseMatrix {
  std::size_t columns = 0;
  std::vector<std::uint64_t> offsets{0};  ///< rows()+1 positions in `entries`
  AlignedVector<Entry> entries;

  std::size_t rows() const { return offsets.size() - 1; }
  std::span<const Entry> row(std::size_t i) const {
    return {entries.data() + offsets[i], entries.data() + offsets[i + 1]};
  }
};

/// Row-major, each row padded with zeros to whole cache lines.
struct DenseMatrix {
  std::size_t row_count = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;  ///< Reals from one row to the next, padded_to_line(columns)
  AlignedVector<Real> values;

  DenseMatrix() = default;
  DenseMatrix(std::size_t rows_, std::size_t columns_)
      : row_count(rows_),
        columns(columns_),
        stride(padded_to_line(columns_)),
        values(rows_ * stride) {}

  std::size_t rows() const { return row_count; }
  std::span<const Real> row(std::size_t i) const { return {values.data() + i * stride, columns}; }
  std::span<Real> row(std::size_t i) { return {values.data() + i * stride, columns}; }
};

struct TableFacts;

/// Examples with their targets.
struct Dataset {
  std::string name;  ///< as the user named it: a path, or a generator with its parameters
  std::variant<SparseMatrix, DenseMatrix> features;
  std::vector<float> targets;  ///< one per row, as in the file: a class label or a real number
  /// The distinct labels in ascending order where the targets are classes (at most 1,000
  /// different integers), else empty. Class k has the label classes[k].
  std::vector<float> classes;
  /// Of the parsed content in file order (see data/checksum.h): the same for a file, its
  /// compressed form and any other format that says the same numbers.
  std::uint64_t checksum = 0;
  std::uint64_t bytes_read = 0;  ///< of text or binary after decompression; 0 for generators
  double load_s = 0;             ///< reading, parsing and building, seconds
  /// Features that the source counts, where only those that occur are held; else 0.
  std::size_t source_columns = 0;
  /// Features that the source says it has; unset for LIBSVM text, which shows those in use only.
  std::optional<std::size_t> declared_columns;
  /// The classes' labels before they were rounded to `classes`; empty where that changed none.
  std::vector<double> exact_labels;
  std::shared_ptr<const TableFacts> table;  ///< readers.h; null for what is none
  std::vector<std::string> notes;           ///< what a reader of the results should know

  bool sparse() const { return std::holds_alternative<SparseMatrix>(features); }
  std::size_t rows() const {
    return std::visit([](const auto& m) { return m.rows(); }, features);
  }
  std::size_t columns() const {
    return std::visit([](const auto& m) { return m.columns; }, features);
  }
  /// Features as the source counts them: columns() or more.
  std::size_t feature_count() const { return source_columns != 0 ? source_columns : columns(); }
};

/// What a run trains on and, where there is any, what it is tested on.
struct TrainTest {
  Dataset train;
  std::optional<Dataset> test;
};

// The density rule, for the text formats (LIBSVM, CSV, TSV): with more than half of all
// rows × columns non-zero the data are stored dense, otherwise sparse, whatever the format was.
// Columns are counted up to the last non-zero one, because LIBSVM text can't say that there are
// empty ones behind it. So the same numbers train on the same kernels, to the same losses, from
// either format. IDX images say themselves (readers.h), and generators do.
//
// A file may count its features by hashes, or have a slip in one index: two entries, and two
// thousand million columns. A vector over all of them would outweigh the data, so of data that are
// scattered like that only the features that a training row has are held (keep_features).

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

// The order of features. An SGD step on a sparse row touches one parameter for each of its
// features, and in real data a few features are in most rows. Numbered by popularity, their
// parameters lie side by side and share a few cache lines that are always near; numbered as in the
// file, each sits on a line of its own among features that hardly anybody needs.
//
// Where the features are scattered, those that occur are first numbered 0, 1, … in
// their order, and the others are forgotten: nothing can be learned of a feature that no training
// row has. A linear model's parameter for it stays at zero, so its losses are the same with and
// without. A network's would keep its random first weight, and test rows that have the feature
// would see it; here they don't.
//
// Invariant: the numbers are a permutation of the old ones, and the entries of a row keep their
// places. So a row's sums are added in the same order as before, to the same bits.

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
