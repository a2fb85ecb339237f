// Generators of sparse rows: text-like ones (TextModel), and disjoint.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

#include "workloads/data/generators/generators.h"
#include "workloads/data/generators/portable.h"

namespace sgdbench {
namespace {

enum Stream : std::uint64_t { kColumns = 1, kWeights, kRows };

/// 1 + log(count) for count = 1, 2, …
const std::array<double, 32>& tf_table() {
  static const auto table = [] {
    std::array<double, 32> values{};
    for (std::size_t c = 0; c < values.size(); ++c)
      values[c] = 1 + portable::log(static_cast<double>(c + 1));
    return values;
  }();
  return table;
}

bool by_column(const Entry& a, const Entry& b) {
  return a.column < b.column;
}

}  // namespace

TextModel::TextModel(const TextFamily& family, std::size_t features, std::uint64_t seed)
    : family_(family),
      features_(features),
      seed_(seed),
      log_span_(
          portable::log((static_cast<double>(features) + family.zipf_offset) / family.zipf_offset)),
      columns_(features),
      idf_(features),
      weights_(features) {
  std::iota(columns_.begin(), columns_.end(), 0u);
  Random scatter(mix(seed, kColumns));
  shuffle(columns_, scatter);
  for (std::size_t rank = 0; rank < features; ++rank) {
    // A word of weight p is in about 1 − exp(−L·p) of the documents.
    const double x = static_cast<double>(rank) + family.zipf_offset;
    const double p = portable::log((x + 1) / x) / log_span_;
    const double share = 1 - portable::exp(-std::min(family.mean_length * p, 500.0));
    Random pair = row_random(seed, kWeights, rank / 2);
    const double weight = rank < family.topical ? portable::normal(pair) : 0;
    idf_[columns_[rank]] = static_cast<float>(0.1 - portable::log(std::max(share, 1e-12)));
    weights_[columns_[rank]] = static_cast<float>(rank % 2 == 0 ? weight : -weight);
  }
}

std::size_t TextModel::draw_length(Random& random) const {
  const double s = family_.length_sigma;
  const double log_length =
      portable::log(family_.mean_length) - s * s / 2 + s * portable::normal(random);
  const auto length = static_cast<std::size_t>(portable::exp(log_length) + 0.5);
  // Without the upper bound, the last draws would wait for the rarest words.
  return std::clamp<std::size_t>(length, 1, std::max<std::size_t>(1, features_ / 2));
}

std::uint32_t TextModel::draw_rank(Random& random) const {
  const double q = family_.zipf_offset;
  const double x = q * portable::exp(log_span_ * random.uniform()) - q;
  return static_cast<std::uint32_t>(std::clamp(x, 0.0, static_cast<double>(features_ - 1)));
}

/// Draws until `count` words are different: only as many as are still missing at a time, so that
/// the outcome is that of drawing one by one.
void TextModel::draw_words(std::size_t count, Random& random, std::vector<Entry>& out) const {
  const auto start = static_cast<std::ptrdiff_t>(out.size());
  const std::size_t end = out.size() + count;
  while (out.size() < end) {
    for (std::size_t missing = end - out.size(); missing > 0; --missing)
      out.emplace_back(columns_[draw_rank(random)], 1.0f);
    std::sort(out.begin() + start, out.end(), by_column);
    out.erase(std::unique(out.begin() + start, out.end(),
                          [](const Entry& a, const Entry& b) { return a.column == b.column; }),
              out.end());
  }
}

void TextModel::weigh(Random& random, std::span<Entry> row) const {
  double square = 0;
  for (Entry& entry : row) {
    const auto doublings = std::countr_zero(random.bits() | std::uint64_t{1} << 62) / 2;
    const double tf = tf_table()[static_cast<std::size_t>(doublings)];
    const double value = tf * static_cast<double>(idf_[entry.column]);
    entry.value = static_cast<float>(value);
    square += value * value;
  }
  const double scale = 1 / std::sqrt(square);
  for (Entry& entry : row) entry.value = static_cast<float>(entry.value * scale);
}

float TextModel::make_row(std::size_t row, std::vector<Entry>& out) const {
  Random random = row_random(seed_, kRows, row);
  const std::size_t start = out.size();
  draw_words(draw_length(random), random, out);
  const std::span<Entry> entries(out.data() + start, out.size() - start);
  if (!family_.binary) weigh(random, entries);
  return noisy_label(margin(entries), random);
}

double TextModel::margin(std::span<const Entry> row) const {
  double sum = 0;
  for (const Entry& entry : row)
    sum += static_cast<double>(entry.value) * static_cast<double>(weights_[entry.column]);
  return family_.label_scale * sum + family_.label_bias;
}

namespace {

Examples make_text(const TextFamily& family, const ParameterValues& values,
                   const ParallelFor& parallel) {
  const std::size_t rows = values.whole("rows");
  const std::size_t features = values.whole("features");
  values.check_memory(static_cast<double>(rows) * (family.mean_length * sizeof(Entry) + 16) +
                      16.0 * static_cast<double>(features));
  const TextModel model(family, features, values.seed());
  return make_sparse(rows, features, parallel, [&](std::size_t row, std::vector<Entry>& out) {
    return model.make_row(row, out);
  });
}

constexpr std::array<Parameter, 3> text_parameters(double rows, double features) {
  return {{{"rows", rows, 1, kMaxRows}, {"features", features, 2, kMaxFeatures}, kSeed}};
}

constexpr auto kRcv1Parameters = text_parameters(20242, 47236);
constexpr auto kRealSimParameters = text_parameters(72309, 20958);
constexpr auto kNews20Parameters = text_parameters(19996, 1355191);
constexpr auto kW8aParameters = text_parameters(49749, 300);

}  // namespace

const Generator kRcv1Like = {
    "rcv1-like",
    "sparse text, two classes: log-normal rows of 74 non-zeros on average, Zipf words (the top one "
    "in 69 % of the rows), tf-idf values, unit rows; Bayes error 5 %",
    kRcv1Parameters, [](const ParameterValues& values, const ParallelFor& parallel) {
      return make_text(kRcv1Family, values, parallel);
    }};

const Generator kRealSimLike = {
    "real-sim-like",
    "sparse text, two classes (31 % positive): rows of 51.5 non-zeros on average, Zipf words, "
    "tf-idf values, unit rows; Bayes error 5 %",
    kRealSimParameters, [](const ParameterValues& values, const ParallelFor& parallel) {
      return make_text(kRealSimFamily, values, parallel);
    }};

const Generator kNews20Like = {
    "news20-like",
    "sparse text with many more features than rows, two classes: rows of 455 non-zeros on average, "
    "Zipf words, tf-idf values, unit rows; Bayes error 5 %",
    kNews20Parameters, [](const ParameterValues& values, const ParallelFor& parallel) {
      return make_text(kNews20Family, values, parallel);
    }};

const Generator kW8aLike = {
    "w8a-like",
    "sparse binary features, two unequal classes (3 % positive): rows of 11.7 non-zeros on "
    "average, Zipf features; Bayes error 1 %",
    kW8aParameters, [](const ParameterValues& values, const ParallelFor& parallel) {
      return make_text(kW8aFamily, values, parallel);
    }};

// disjoint: row i uses only the features of group i mod groups, so rows of different groups never
// touch the same parameter. With groups = rows no two rows do. For asynchronous updates this is
// the case without any conflict.

namespace {

constexpr std::size_t kFeaturesPerGroup = 16;  // where features are not given
constexpr std::size_t kLongestRow = 10;
constexpr double kDisjointScale = 5;

constexpr std::array<Parameter, 4> kDisjointParameters = {{{"rows", 20000, 1, kMaxRows},
                                                           {"features", 0, 1, kMaxFeatures},
                                                           {"groups", 64, 1, kMaxRows},
                                                           kSeed}};

struct DisjointModel {
  std::size_t features;
  std::size_t groups;
  std::uint64_t seed;

  std::size_t group_start(std::size_t group) const {
    return group * features / groups;  // below 2^32 · 2^31
  }

  /// Up to ten different features of the group, values normal, the row scaled to length 1.
  float fill(std::size_t row, std::vector<Entry>& out) const {
    Random random = row_random(seed, 1, row);
    const std::size_t group = row % groups;
    const std::size_t start = group_start(group);
    const std::size_t width = group_start(group + 1) - start;
    const std::size_t length = std::min(width, kLongestRow);
    // Selection sampling: each feature is taken with the probability that still fills the row.
    std::vector<double> values;
    double square = 0;
    const std::size_t first = out.size();
    for (std::size_t j = 0; j < width && values.size() < length; ++j) {
      if (random.below(width - j) >= length - values.size()) continue;
      values.push_back(portable::normal(random));
      square += values.back() * values.back();
      out.emplace_back(static_cast<std::uint32_t>(start + j), 0.0f);
    }
    double margin = 0;
    for (std::size_t k = 0; k < values.size(); ++k) {
      Entry& entry = out[first + k];
      entry.value = static_cast<float>(values[k] / std::sqrt(square));
      Random weight = row_random(seed, 2, entry.column);
      margin += kDisjointScale * portable::normal(weight) * static_cast<double>(entry.value);
    }
    return noisy_label(margin, random);
  }
};

Examples make_disjoint(const ParameterValues& values, const ParallelFor& parallel) {
  const std::size_t rows = values.whole("rows");
  const std::size_t groups = values.whole("groups");
  const std::size_t asked = values.whole("features");
  const std::size_t features = asked == 0 ? groups * kFeaturesPerGroup : asked;
  if (groups > rows) values.refuse(fmt::format("groups={} must be at most rows={}", groups, rows));
  if (features < groups || static_cast<double>(features) > kMaxFeatures)
    values.refuse(fmt::format("features={} must be at least groups={} and at most 2147483648",
                              features, groups));
  values.check_memory(static_cast<double>(rows) * (kLongestRow * sizeof(Entry) + 16));
  const DisjointModel model{features, groups, values.seed()};
  return make_sparse(rows, features, parallel, [&](std::size_t row, std::vector<Entry>& out) {
    return model.fill(row, out);
  });
}

}  // namespace

const Generator kDisjoint = {
    "disjoint",
    "sparse, two classes: row i uses only features of group i mod groups, up to 10 of them, so "
    "rows of different groups share none; Bayes error 10.5 %",
    kDisjointParameters, make_disjoint};

}  // namespace sgdbench
