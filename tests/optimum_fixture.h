// What the tests of the computed optimum share.
#pragma once

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "tests/workloads_fixture.h"
#include "workloads/optimum/optimum.h"

namespace sgdbench::testing {

using Vector = std::vector<double>;

/// A·x = b by elimination with pivots; rows of A are changed.
inline Vector eliminate(std::vector<Vector> a, Vector b) {
  const std::size_t n = b.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k; i < n; ++i)
      if (std::abs(a[i][k]) > std::abs(a[pivot][k])) pivot = i;
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = a[i][k] / a[k][k];
      for (std::size_t j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

/// Whether the workload's loss is of that kind.
inline bool has_loss(std::string_view workload, ConvexLoss loss) {
  return find_workload(workload).convexity.loss == loss;
}

/// A convex problem with its computed optimum.
struct Solved {
  std::string name;
  std::unique_ptr<TrainTest> data;
  std::unique_ptr<Problem> problem;
  WorkloadOptions options;
  Optimum optimum;
  std::vector<double> w;

  /// f and ∇f once more, by the naive reference: of all rows, and of features that are in some.
  double loss(const std::vector<double>& at) const { return problem->reference_loss(at, rows()); }
  double gradient(const std::vector<double>& at) const {
    std::vector<double> g(at.size());
    problem->reference_gradient(at, rows(), g);
    return std::sqrt(std::inner_product(g.begin(), g.end(), g.begin(), 0.0));
  }

 private:
  std::vector<std::uint32_t> rows() const {
    std::vector<std::uint32_t> all(problem->examples());
    std::iota(all.begin(), all.end(), 0u);
    return all;
  }
};

inline Solved solve(const WorkloadOptions& options, Dataset train,
                    const ParallelFor& parallel = serial_for, const OptimumLimits& limits = {}) {
  Solved solved;
  solved.name = options.workload + " on " + train.name +
                " data, λ = " + std::to_string(options.l2) +
                (options.intercept ? ", with an intercept" : "");
  solved.options = options;
  solved.data = std::make_unique<TrainTest>();
  solved.data->train = std::move(train);
  solved.problem = make_problem(solved.options, *solved.data);
  solved.optimum =
      find_optimum(*solved.problem, solved.options, *solved.data, parallel, limits, &solved.w);
  return solved;
}

inline Solved solve(const std::string& workload, double l2, Dataset train,
                    const ParallelFor& parallel = serial_for, const OptimumLimits& limits = {}) {
  return solve(linear(workload, l2, false), std::move(train), parallel, limits);
}

/// Every convex workload on sparse and on dense data, strongly and hardly regularised, without an
/// intercept and with one.
inline std::vector<Solved> all_solved() {
  std::vector<Solved> all;
  for (const auto& workload : convex_workloads())
    for (const bool sparse : {true, false})
      for (const double l2 : {0.1, 1e-3})
        for (const bool intercept : {false, true})
          all.push_back(solve(linear(workload, l2, intercept),
                              dataset(sparse, classes_for(workload, sparse), 100)));
  return all;
}

}  // namespace sgdbench::testing
