// Named data to examples in memory, and examples in memory to text.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/data/input_file.h"
#include "workloads/data/placement.h"
#include "workloads/data/storage.h"
#include "workloads/parallel.h"

namespace sgdbench {

/// The source of workloads that need no data: nothing.
inline constexpr std::string_view kNoData = "none";

/// Whether the first line of a table names the columns; automatic: readers.h has the rule.
enum class HeaderRule { automatic, on, off };

/// Everything that can be asked of data.
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
  /// first (storage.h); else as in the source. Changes rounding and speed only, except that
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

/// How many images `fashion-mnist:rows=6000,test=2000` takes of each part, the first ones; 0: all.
struct ImageCounts {
  std::size_t training = 0, test = 0;
};
/// Nothing for other sources. Throws UsageError.
ImageCounts image_counts(std::string_view source);

/// The path that `source` stands for: itself, or where fashion-mnist is installed; empty for a
/// generator. Throws UsageError for an unknown name and MissingData where there is no such file.
std::string resolve_path(std::string_view source);

/// Loads one source, its rows dealt out by `placer`: the training part, and the test part if there
/// is one. Where `training` isn't null, the source is there to test on it: a table goes by that
/// one's columns and scaling.
std::vector<Dataset> load_parts(std::string_view source, const DataRequest& request,
                                const Placer& placer, const Dataset* training,
                                const ParallelFor& parallel, const ReadLimits& limits);

/// Takes text in pieces of about a megabyte, in order.
using TextSink = std::function<void(std::string_view)>;

/// A data set as text that other programs read. Every number is written as the shortest decimal
/// that reads back as the same float, so that writing and reading give the same checksum. The
/// columns of a row must ascend, as they do in what load_source() returns.
///
/// One "label index:value …" line per row: non-zeros only, indices from 1.
void write_libsvm(const Dataset& data, const TextSink& sink);

/// The same as a table: a header line "label,x1,x2,…", then one line per row with the label first
/// and every feature.
void write_csv(const Dataset& data, const TextSink& sink);

}  // namespace sgdbench
