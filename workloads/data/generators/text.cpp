#include "workloads/data/generators/text.h"

#include <array>

#include "workloads/data/generators/generators.h"

namespace sgdbench {
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

}  // namespace sgdbench
