// Small data sets and problems that the workload tests are made of.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "workloads/data/storage.h"
#include "workloads/problem.h"
#include "workloads/random.h"
#include "workloads/registry.h"

namespace sgdbench::testing {

inline constexpr std::size_t kRows = 40;
inline constexpr std::size_t kFeatures = 23;

/// So many that a few rows meet a small part of them: nothing is then done for all features.
inline constexpr std::size_t kManyFeatures = 2000;

/// Sparse rows have 1 to 8 of the features; the last one is in no row.
inline SparseMatrix sparse_matrix(std::size_t rows, std::uint64_t seed,
                                  std::size_t features = kFeatures) {
  Random random(seed);
  SparseMatrix m;
  m.columns = features;
  for (std::size_t i = 0; i < rows; ++i) {
    std::vector<std::uint32_t> own(features - 1);
    std::iota(own.begin(), own.end(), 0u);
    shuffle(own, random);
    own.resize(1 + random.below(8));
    std::sort(own.begin(), own.end());
    for (const auto v : own) m.entries.push_back({v, static_cast<float>(random.normal())});
    m.offsets.push_back(m.entries.size());
  }
  return m;
}

inline DenseMatrix dense_matrix(std::size_t rows, std::uint64_t seed,
                                std::size_t features = kFeatures) {
  Random random(seed);
  DenseMatrix m(rows, features);
  for (std::size_t i = 0; i < rows; ++i)
    for (Real& x : m.row(i)) x = static_cast<Real>(random.normal());
  return m;
}

/// Classes are labelled 2, 5, 8, …; with no classes, targets are real numbers.
inline Dataset dataset(bool sparse, std::size_t classes, std::size_t rows = kRows,
                       std::uint64_t seed = 7, std::size_t features = kFeatures) {
  Dataset data;
  data.name = sparse ? "sparse" : "dense";
  if (sparse)
    data.features = sparse_matrix(rows, seed, features);
  else
    data.features = dense_matrix(rows, seed, features);
  Random random(seed + 1);
  for (std::size_t c = 0; c < classes; ++c) data.classes.push_back(static_cast<float>(2 + 3 * c));
  for (std::size_t i = 0; i < rows; ++i)
    data.targets.push_back(classes == 0 ? static_cast<float>(random.normal())
                                        : data.classes[i < classes ? i : random.below(classes)]);
  return data;
}

/// A problem with the data that it lives on.
struct Example {
  std::string name;
  std::unique_ptr<TrainTest> data;
  std::unique_ptr<Problem> problem;
};

inline WorkloadOptions linear(std::string name, double l2, bool intercept) {
  WorkloadOptions options{std::move(name), l2, {}, "relu"};
  options.intercept = intercept;
  return options;
}

/// Every workload that can have an intercept.
inline std::vector<std::string> linear_workloads() {
  std::vector<std::string> names;
  for (const auto& row : workload_catalog())
    if (row.why_no_intercept.empty()) names.emplace_back(row.name);
  return names;
}

/// Every workload whose optimum can be computed.
inline std::vector<std::string> convex_workloads() {
  std::vector<std::string> names;
  for (const auto& row : workload_catalog())
    if (row.convexity.loss) names.emplace_back(row.name);
  return names;
}

/// How many classes the workload's data may have: none, or else many, or else two.
inline std::size_t classes_for(std::string_view workload, bool sparse) {
  for (const std::size_t classes : {0, 5})
    if (find_workload(workload).why_not(dataset(sparse, classes)).empty()) return classes;
  return 2;
}

inline Example example(const WorkloadOptions& options, bool sparse,
                       std::size_t features = kFeatures) {
  const std::size_t classes = classes_for(options.workload, sparse);
  Example made;
  made.name = options.workload + (sparse ? " on sparse data" : " on dense data") +
              (features == kFeatures ? "" : " of " + std::to_string(features) + " features") +
              (find_workload(options.workload).hidden_layers ? ", " + options.activation : "") +
              (options.intercept ? " with an intercept" : "");
  made.data = std::make_unique<TrainTest>();
  made.data->train = dataset(sparse, classes, kRows, 7, features);
  made.data->test = dataset(sparse, classes, 15, 99, features);
  made.problem = make_problem(options, *made.data);
  return made;
}

/// Every workload on sparse and on dense data, with λ = l2; linear models with an intercept too.
inline std::vector<Example> all_examples(double l2) {
  std::vector<Example> all;
  for (const bool sparse : {true, false}) {
    for (const auto& row : workload_catalog()) {
      const std::string name(row.name);
      if (row.hidden_layers) {
        all.push_back(example({name, l2, {19, 6}, "relu"}, sparse));
        all.push_back(example({name, l2, {17}, "tanh"}, sparse));
      } else if (row.trains) {
        all.push_back(example(linear(name, l2, false), sparse));
        if (row.why_no_intercept.empty()) all.push_back(example(linear(name, l2, true), sparse));
      }
    }
  }
  for (const char* name : {"logreg", "softmax"})
    for (const bool intercept : {false, true})
      all.push_back(example(linear(name, l2, intercept), true, kManyFeatures));
  // Rows without padding, where an intercept could hide.
  all.push_back(example(linear("logreg", l2, true), false, 2 * kLine));
  return all;
}

inline AlignedVector<Real> random_point(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  AlignedVector<Real> w(n);
  for (Real& x : w) x = static_cast<Real>(0.3 * random.normal());
  return w;
}

/// A state of the rule, on a data set of one example, after a few updates along random gradients.
inline AlignedVector<Real> random_state(const Rule& rule, std::uint64_t seed) {
  const std::size_t n = rule.parameters();
  const auto start = random_point(n, seed);
  std::vector<double> state(start.begin(), start.end());
  state.resize(rule.state_size());
  for (std::uint64_t t = 1; t <= 3; ++t) {
    const auto g = random_point(n, seed + 1000 * t);
    const std::vector<double> gradient(g.begin(), g.end());
    rule_entry(rule.spec().name).reference(rule.spec(), state, gradient, 0.1);
  }
  return {state.begin(), state.end()};
}

inline std::vector<std::uint32_t> random_rows(std::size_t count, std::size_t n,
                                              std::uint64_t seed) {
  Random random(seed);
  std::vector<std::uint32_t> rows(n);
  std::iota(rows.begin(), rows.end(), 0u);
  shuffle(rows, random);
  rows.resize(count);
  return rows;
}

/// max |a − b| / max |b|.
template <class A, class B>
double relative_error(const A& a, const B& b) {
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(b[i])));
    difference =
        std::max(difference, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  return largest > 0 ? difference / largest : difference;
}

}  // namespace sgdbench::testing
