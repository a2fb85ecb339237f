// --data: from what the user typed to examples in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/data/input_file.h"
#include "workloads/data/matrix.h"
#include "workloads/parallel.h"

namespace sgdbench {

/// The source of workloads that need no data: nothing.
inline constexpr std::string_view kNoData = "none";

/// Whether the first line of a table names the columns; automatic: table_columns.h has the rule.
enum class HeaderRule { automatic, on, off };

/// Everything the command line can say about data.
struct DataRequest {
  /// A path (LIBSVM text, IDX images, CSV or TSV; plain, gz, bz2, xz or zst; - is stdin),
  /// `fashion-mnist`, or a generator with parameters: `rcv1-like:rows=20000,seed=3`.
  std::string source;
  std::string test_source;        ///< the same; empty: none (an IDX pair brings its own t10k)
  double holdout = 0;             ///< fraction of the rows set aside for testing, [0, 1)
  bool standardize = false;       ///< dense data: zero mean, unit variance on the training part
  std::optional<int> index_base;  ///< LIBSVM: 0 or 1; unset: 1, and a 0 is refused
  std::string label_column;       ///< CSV: name, or number from 1; empty: the one
                                  ///< called label, target, class or y, else the first
  std::string dropped_columns;    ///< CSV: columns that are neither, the same way, with commas
  HeaderRule header = HeaderRule::automatic;  ///< CSV
  bool permute = true;                        ///< one seeded permutation of the training rows
  /// Sparse data: number the features by how many training rows they are in, the most popular
  /// first (feature_order.h); else as in the source. Changes rounding and speed only, except that
  /// random first weights fall on other features.
  bool popular_features_first = true;
  std::uint64_t seed = 1;  ///< of the permutation and of the hold-out

  std::optional<std::uint64_t> max_unpacked;  ///< ReadLimits::max_unpacked

  bool operator==(const DataRequest&) const = default;
};

/// Loads, splits, standardises, permutes and renumbers, in that order. Throws UsageError, BadData
/// or MissingData, and Interrupted. The checksums are of the data before the last two. `limits` are
/// the process's: what the request says itself replaces them.
TrainTest load_data(const DataRequest& request, const ParallelFor& parallel,
                    const ReadLimits& limits = {});

/// The files that load_data() may read; none for generated data. Throws UsageError or MissingData.
std::vector<std::string> files_of(const DataRequest& request);

/// Loads one source as it is: its own order and numbers, nothing set aside.
Dataset load_source(std::string_view source, const DataRequest& request,
                    const ParallelFor& parallel, const ReadLimits& limits = {});

/// One row per named data set or generator, for `list data`.
struct DataEntry {
  std::string_view name;
  std::string_view summary;     ///< the documented statistics
  std::string_view parameters;  ///< "rows=…,features=…,seed=…" with the defaults
};
const std::vector<DataEntry>& data_catalog();

}  // namespace sgdbench
