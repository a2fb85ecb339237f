// What data looks like once it is in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

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
/// once features are renumbered (data/feature_order.h) they come in any order.
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
  std::shared_ptr<const TableFacts> table;  ///< data/table.h; null for what is none
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

}  // namespace sgdbench
