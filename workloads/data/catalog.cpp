// load_data: from one or two sources to a training and a test part.
#include "workloads/data/catalog.h"

#include <chrono>
#include <utility>

#include "workloads/data/checksum.h"
#include "workloads/data/error.h"
#include "workloads/data/feature_order.h"
#include "workloads/data/idx.h"
#include "workloads/data/scaling.h"
#include "workloads/data/source.h"
#include "workloads/names.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

/// Keeps the different uses of one seed apart.
enum Purpose : std::uint64_t { kHoldout = 1, kPermutation };

void check(const DataRequest& request) {
  if (!(request.holdout >= 0 && request.holdout < 1))
    throw UsageError("--holdout " + std::to_string(request.holdout) +
                     " must be at least 0 and below 1");
  if (request.holdout > 0 && !request.test_source.empty())
    throw UsageError("--holdout and --test-data both name the test rows; give one of them");
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
      parallel, limits);
  TrainTest data{std::move(parts[0]), std::nullopt};
  if (parts.size() > 1) {
    data.test = std::move(parts[1]);
    data.test->name += " (held out)";
  }
  return data;
}

/// --test-data, else the hold-out, else the t10k pair beside an IDX train pair.
void find_test_part(TrainTest& data, const DataRequest& request, const ParallelFor& parallel,
                    const ReadLimits& limits) {
  if (data.test) return;
  if (!request.test_source.empty()) {
    data.test = load_source(request.test_source, request, parallel, limits);
  } else if (const std::string path = resolve_path(request.source); !path.empty()) {
    if (const auto images = test_images_beside(path))
      data.test = load_source(*images, request, parallel, limits);
  }
}

void standardize(TrainTest& data, const ParallelFor& parallel) {
  auto* train = std::get_if<DenseMatrix>(&data.train.features);
  if (train == nullptr)
    throw UsageError("--standardize is for dense data; " + data.train.name +
                     " is sparse, and subtracting the means would fill its zeros");
  const Scaling scaling = fit_scaling(*train, parallel);
  apply_scaling(scaling, *train, parallel);
  data.train.checksum = content_checksum(data.train.features, data.train.targets, parallel);
  if (!data.test) return;
  apply_scaling(scaling, std::get<DenseMatrix>(data.test->features), parallel);
  data.test->checksum = content_checksum(data.test->features, data.test->targets, parallel);
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
