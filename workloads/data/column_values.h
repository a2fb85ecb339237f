// The values of columns: scaled to mean 0 and deviation 1, and what rounding to single precision
// does to them.
//
// Scaling. Mean and deviation are gathered row by row in double (Welford 1962), and parts of the
// rows are put together (Chan, Golub and LeVeque 1979), in an order that doesn't depend on the
// number of threads. Unlike a sum of squares that loses nothing where the mean is large beside the
// deviation, and a constant column has a deviation of exactly 0.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workloads/data/storage.h"
#include "workloads/data/text.h"
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

// Rounding of values that differ in the file.
//
// Features. Neighbouring numbers become one float now and then, and that is harmless; it is not
// where a column's values lie so close together, beside their size, that many do (days written as
// 20180128 and 20180129). So in each piece of the file every value is held against the last one
// with the same hash of its float, and a column is named where, of 100 values that were not just
// repeated, one or more became the float of another. Columns are watched from their first value
// with more than six digits on, because shorter ones stay apart; standardised ones from the start.
//
// Labels. Two classes that become one are an error, so all distinct labels are kept, up to one more
// than there may be classes.

/// Two values that are one float.
struct MergedPair {
  std::uint32_t column = 0;
  double lower = 0, upper = 0;
};

/// Of the columns of one piece of a table.
///
/// Thread safety: none; one for each piece.
class MergedValues {
 public:
  /// `rows` bounds the rows of the piece.
  MergedValues(std::size_t columns, std::size_t rows, bool watch_all);

  /// A column's next value, and what is stored of it.
  void see(std::uint32_t column, const Decimal& decimal, float stored) {
    if (watches_ || !decimal.is_short) look(column, decimal, stored);
  }
  /// A pair of each column where they are too many, by column.
  std::vector<MergedPair> found() const;

 private:
  struct Slot {
    float stored = std::numeric_limits<float>::quiet_NaN();  ///< equals nothing
    double value = std::numeric_limits<double>::quiet_NaN();
  };
  struct Watched {
    std::vector<Slot> slots;  ///< empty: not watched
    std::uint64_t fresh = 0, merged = 0;
    MergedPair pair;
  };
  void look(std::uint32_t column, const Decimal& decimal, float stored);

  std::size_t count_;
  std::vector<Watched> columns_;  ///< empty until one is watched
  std::size_t slots_;
  bool watch_all_;
  bool watches_;  ///< any column
};

/// The distinct labels of a file, or of a piece of it, before they are rounded.
class LabelValues {
 public:
  /// `where` is the label's place in the text.
  void add(double value, const char* where);
  void add(const LabelValues& other);

  /// Two that are one float, the upper one's place beside them.
  std::optional<std::pair<MergedPair, const char*>> merged() const;
  /// All of them in ascending order; empty where no rounding changes any.
  std::vector<double> rounded() const;

 private:
  struct Label {
    double value;
    const char* where;
  };
  std::vector<Label> labels_;
};

/// "20180128 and 20180129".
std::string text_of(const MergedPair& pair);

/// Of LIBSVM text only values of this size and more are looked at, in a second pass over the pieces
/// of text that have one: days, times and numbers of things, which lie close together beside their
/// size. Smaller ones with many digits are weights, whose last digits don't matter.
inline constexpr float kLargeValue = 1e6f;

/// Of positive floats the larger has the larger bits, and so vectors of them can be compared.
inline bool has_large_value(std::span<const Entry> row) {
  std::uint32_t largest = 0;
  for (const Entry& entry : row) {
    const auto size = std::bit_cast<std::uint32_t>(entry.value) & 0x7fffffffu;
    largest = largest < size ? size : largest;
  }
  return largest >= std::bit_cast<std::uint32_t>(kLargeValue);
}

/// A pair of each feature that has too many, numbered as in the text. `pieces` are of
/// text that parse_libsvm() has read, of whole lines.
std::vector<MergedPair> merged_large_values(const std::vector<std::string_view>& pieces);

}  // namespace sgdbench
