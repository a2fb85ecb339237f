// load_data: from one or two sources to a training and a test part.
#include "workloads/data/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "workloads/data/checksum.h"
#include "workloads/data/column_values.h"
#include "workloads/data/readers.h"
#include "workloads/data/storage.h"
#include "workloads/names.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

/// Keeps the different uses of one seed apart.
enum Purpose : std::uint64_t { kHoldout = 1, kPermutation };

void check(const DataRequest& request) {
  if (!(request.holdout >= 0 && request.holdout < 1))
    throw UsageError(fmt::format("`holdout` {:f} must be at least 0 and below 1", request.holdout));
  if (request.holdout > 0 && !request.test_source.empty())
    throw UsageError("`holdout` and `test data` both name the test rows; give one of them");
  if (const auto named = image_counts(request.test_source); named.training + named.test > 0)
    throw UsageError(fmt::format(
        "{} as `test data` would be training images: name a file, or leave it to the `data`",
        request.test_source));
  if (image_counts(request.source).test > 0 &&
      (request.holdout > 0 || !request.test_source.empty()))
    throw UsageError(
        fmt::format("{} has test rows, and `holdout` or `test data` names others", request.source));
}

/// Standardising sums up the training rows in file order, so their permutation comes after it.
bool permutes_while_loading(const DataRequest& request) {
  return request.permute && !request.standardize;
}

Placement place_rows(const DataRequest& request, std::size_t rows) {
  Placement placement = request.holdout > 0
                            ? held_out(rows, request.holdout, mix(request.seed, kHoldout))
                            : in_file_order(rows);
  if (permutes_while_loading(request))
    shuffle_training_part(placement, mix(request.seed, kPermutation));
  return placement;
}

/// The source itself, and what is held out of it.
TrainTest load_source_parts(const DataRequest& request, const ParallelFor& parallel,
                            const ReadLimits& limits) {
  auto parts = load_parts(
      request.source, request, [&request](std::size_t rows) { return place_rows(request, rows); },
      nullptr, parallel, limits);
  TrainTest data{std::move(parts[0]), std::nullopt};
  if (parts.size() > 1) {
    data.test = std::move(parts[1]);
    data.test->name += " (held out)";
  }
  return data;
}

bool has_names(const Dataset& data) {
  return data.table != nullptr && !data.table->columns.header.names.empty();
}

/// Whether feature k of the one is feature k of the other: tables have matched their columns by
/// name, if they have any.
void check_test_columns(const Dataset& train, Dataset& test) {
  if (has_names(train) != has_names(test))
    throw BadData(test.name + ": the features of " + (has_names(test) ? test : train).name +
                  " have names and those of " + (has_names(test) ? train : test).name +
                  " numbers, so which is which can't be known; give both in one format");
  const auto &ours = train.declared_columns, &theirs = test.declared_columns;
  const auto count = [](const Dataset& data) {
    return std::to_string(data.declared_columns.value_or(data.columns())) + " features";
  };
  if (ours && theirs ? *ours != *theirs
      : ours         ? test.columns() > *ours
      : theirs       ? train.columns() > *theirs
                     : false)
    throw BadData(test.name + ": " + count(test) + ", but " + train.name + " has " + count(train));
  if (!ours && !theirs && test.columns() > train.columns())
    test.notes.push_back(test.name + ": no training row has its features from " +
                         std::to_string(train.columns() + 1) + " to " +
                         std::to_string(test.columns()));
}

std::vector<double> labels_of(const Dataset& data) {
  if (!data.exact_labels.empty()) return data.exact_labels;
  return {data.classes.begin(), data.classes.end()};
}

/// Whether a class of the test part is one of the training part, and not only rounded to it. That
/// it is one at all matters to classifiers alone; they look.
void check_test_labels(const Dataset& train, const Dataset& test) {
  if (train.exact_labels.empty() && test.exact_labels.empty()) return;
  for (const double ours : labels_of(train))
    for (const double theirs : labels_of(test))
      if (ours != theirs && static_cast<float>(ours) == static_cast<float>(theirs))
        throw BadData(test.name + ": labels " +
                      text_of({0, std::min(ours, theirs), std::max(ours, theirs)}) +
                      " of the training and the test data are one class in single precision; "
                      "number the classes from 0, or subtract a constant");
}

/// The test source, else the hold-out, else the t10k pair beside an IDX train pair.
void find_test_part(TrainTest& data, DataRequest request, const ParallelFor& parallel,
                    ReadLimits limits) {
  if (data.test) return;
  limits.images = image_counts(request.source).test;
  if (request.test_source.empty()) {
    const std::string path = resolve_path(request.source);
    if (!path.empty()) request.test_source = test_images_beside(path).value_or("");
  }
  if (request.test_source.empty()) return;
  // A table is standardised by its training table or, where that is none, by standardize().
  request.standardize = false;
  data.test = std::move(
      load_parts(request.test_source, request, in_file_order, &data.train, parallel, limits)
          .front());
  check_test_columns(data.train, *data.test);
  check_test_labels(data.train, *data.test);
}

void standardize(TrainTest& data, const ParallelFor& parallel) {
  const auto scale = [&](Dataset& part, const Scaling& scaling) {
    apply_scaling(scaling, std::get<DenseMatrix>(part.features), parallel);
    part.checksum = content_checksum(part.features, part.targets, parallel);
  };
  auto* train = std::get_if<DenseMatrix>(&data.train.features);
  if (train == nullptr)
    throw UsageError("`standardize` is for dense data; " + data.train.name +
                     " is sparse, and subtracting the means would fill its zeros");
  const bool is_done = data.train.table != nullptr;
  const Scaling scaling = is_done ? *data.train.table->scaling : fit_scaling(*train, parallel);
  if (!is_done) scale(data.train, scaling);
  if (data.test && !(is_done && data.test->table)) scale(*data.test, scaling);
}

void permute(Dataset& data, std::uint64_t seed, const ParallelFor& parallel) {
  Placement placement = in_file_order(data.rows());
  shuffle_training_part(placement, mix(seed, kPermutation));
  auto parts = deal({std::move(data.features), std::move(data.targets)}, placement, parallel);
  data.features = std::move(parts[0].features);
  data.targets = std::move(parts[0].targets);
}

/// Of scattered features, both parts hold those that a training row has.
void forget_unused_features(TrainTest& data) {
  auto* train = std::get_if<SparseMatrix>(&data.train.features);
  if (train == nullptr || !is_scattered(train->columns, train->entries.size())) return;
  const auto kept = occurring_features(*train);
  data.train.source_columns = train->columns;
  keep_features(*train, kept);
  if (!data.test) return;
  data.test->source_columns = data.train.source_columns;
  keep_features(std::get<SparseMatrix>(data.test->features), kept);
}

/// Renumbers the features of both parts by their popularity in the training part.
void put_popular_features_first(TrainTest& data, const ParallelFor& parallel) {
  auto* train = std::get_if<SparseMatrix>(&data.train.features);
  if (train == nullptr) return;
  const auto numbers = popularity_numbers(*train, parallel);
  renumber_features(*train, numbers, parallel);
  if (data.test) renumber_features(std::get<SparseMatrix>(data.test->features), numbers, parallel);
}

}  // namespace

std::vector<std::string> files_of(const DataRequest& request) {
  std::vector<std::string> files;
  const auto add = [&files](const std::string& path) {
    files.push_back(path);
    if (auto labels = labels_of(path)) files.push_back(std::move(*labels));
  };
  for (const auto& source : {request.source, request.test_source}) {
    const auto path = source.empty() || source == kNoData ? "" : resolve_path(source);
    if (path.empty()) continue;
    add(path);
    if (const auto test = test_images_beside(path)) add(*test);
  }
  return files;
}

TrainTest load_data(const DataRequest& request, const ParallelFor& parallel,
                    const ReadLimits& limits) {
  if (request.source == kNoData) {
    TrainTest nothing;
    nothing.train.name = kNoData;
    return nothing;
  }
  const auto start = std::chrono::steady_clock::now();
  check(request);
  TrainTest data = load_source_parts(request, parallel, limits);
  find_test_part(data, request, parallel, limits);
  if (data.test) {
    // Whether the test rows show other labels as well matters to classifiers alone; they look.
    data.test->classes = data.train.classes;
    match_storage(data.train.features, data.test->features, parallel);
  }
  forget_unused_features(data);
  if (data.train.columns() == 0) throw BadData(data.train.name + ": no row has a feature");
  if (request.standardize) standardize(data, parallel);
  if (request.permute && !permutes_while_loading(request))
    permute(data.train, request.seed, parallel);
  if (request.popular_features_first) put_popular_features_first(data, parallel);
  data.train.load_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return data;
}

}  // namespace sgdbench
