// The design matrix X: n rows of d features, and what the solvers do with it, in double.
//
// All of them are one operation, a pass: each row's scores z = xᵢ·W (C numbers, one per column of
// W), a function of those that gives C slopes s, and ∑ᵢ xᵢ ⊗ s. The gradient is a pass, and so is
// the Hessian times a vector.
//
// W is kept as suits X: feature by feature, W[v·C + c], for sparse rows, as the models do; column
// by column, W[c·d + v], for dense rows, whose scores are then plain dot products. Intercepts are
// the parameters of one feature more, the last, which is 1 in every row.
//
// Rows are taken in fixed chunks, each with a sum of its own, and those are added in their order:
// the result does not depend on the number of threads.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "workloads/data/storage.h"
#include "workloads/optimum/optimum.h"
#include "workloads/parallel.h"

namespace sgdbench::optimum {

/// Row i with scores z: sets the slopes s; returns what is to be summed up beside. Called at once
/// for different rows.
using RowTerm = std::function<double(std::size_t i, const double* z, double* s)>;

/// Thread safety: one thread at a time; it uses the others by itself.
class Design {
 public:
  /// `data` must outlive this. Every pass is charged to `budget`.
  Design(const Dataset& data, std::size_t width, const ParallelFor& parallel, Budget& budget,
         bool intercept = false);

  std::size_t rows() const { return data_.rows(); }
  std::size_t width() const { return width_; }  ///< C
  bool has_intercept() const { return intercept_; }
  std::size_t features() const { return data_.columns() + (intercept_ ? 1 : 0); }  ///< d
  std::size_t parameters() const { return features() * width_; }                   ///< d·C
  bool is_intercept(std::size_t parameter) const {
    if (!intercept_) return false;
    const std::size_t last = data_.columns();
    return (data_.sparse() ? parameter / width_ : parameter % features()) == last;
  }
  const Dataset& data() const { return data_; }
  const ParallelFor& parallel() const { return parallel_; }

  /// result = ∑ xᵢ ⊗ s(i, xᵢ·W) over `rows`; returns the sum of the terms' values.
  double pass(std::span<const double> w, const RowTerm& term, std::span<double> result,
              std::span<const std::uint32_t> rows);
  /// Over all rows.
  double pass(std::span<const double> w, const RowTerm& term, std::span<double> result);

  /// result[v, c] = ∑ s_c·x_{iv}² over all rows; the term's z is null.
  void pass_squares(const RowTerm& term, std::span<double> result);

  /// Takes from each feature's C parameters their mean.
  void centre(std::span<double> w) const;

  /// w in the order of the models' parameters: W[v·C + c].
  std::vector<double> model_order(std::span<const double> w) const;
  /// And back.
  std::vector<double> own_order(std::span<const double> w) const;

 private:
  template <class Body>
  double in_chunks(std::size_t count, std::span<double> result, const Body& body);

  const Dataset& data_;
  std::size_t width_;
  bool intercept_;
  const ParallelFor& parallel_;
  Budget& budget_;
  std::vector<std::uint32_t> all_;
  std::vector<std::vector<double>> sums_;  ///< one per chunk
};

}  // namespace sgdbench::optimum
