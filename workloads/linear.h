// Linear models: z = ⟨w, x⟩ and a loss of z. The losses share everything but two lines.
//
// With an intercept b, z = ⟨w, x⟩ + b, and w has one coordinate more, the last one. It is what a
// feature of value 1 in every row would have, without a regulariser, and no row stores it. Every
// update writes it, so where threads share w they contend for its cache line; behind the last
// feature it takes none of the popular features' lines with it.
#pragma once

#include <memory>
#include <span>

#include "workloads/data/storage.h"
#include "workloads/losses.h"
#include "workloads/problem.h"

namespace sgdbench {

/// On sparse or dense data. For logistic and hinge the data have two classes. `data` must outlive
/// the Problem; λ = `l2`, or 1/n where that is negative.
std::unique_ptr<Problem> make_linear(LossKind kind, double l2, bool intercept,
                                     const TrainTest& data);

/// Multi-class logistic regression on sparse data with two classes or more; the same of `data` and
/// λ.
std::unique_ptr<Problem> make_sparse_softmax(double l2, bool intercept, const TrainTest& data);

/// What the Workers need to know, all of it owned by the Problem.
struct SparseLinear {
  LossKind kind;
  const SparseMatrix& matrix;
  std::size_t longest_row;
  std::span<const Real> targets;
  std::span<const Real> regulariser;     ///< λ/d_v per feature, 0 for the intercept
  std::span<const Real> inverse_shares;  ///< 1/d_v, 1 for the intercept
  bool intercept;
};
std::unique_ptr<Worker> make_worker(const SparseLinear& model, const WorkerOptions& options);

struct DenseLinear {
  LossKind kind;
  const DenseMatrix& matrix;
  std::span<const Real> targets;
  Real l2;
  bool intercept;
};
std::unique_ptr<Worker> make_worker(const DenseLinear& model, const WorkerOptions& options);

}  // namespace sgdbench
