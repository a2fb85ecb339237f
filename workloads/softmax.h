// Multi-class logistic regression on sparse rows. On dense rows it is an Mlp without hidden layers.
// Intercepts, one for each class, come behind the features' parameters (see linear.h).
#pragma once

#include <memory>

#include "workloads/data/matrix.h"
#include "workloads/problem.h"

namespace sgdbench {

/// `data` has two classes or more and must outlive the Problem; λ = `l2`, or 1/n where negative.
std::unique_ptr<Problem> make_sparse_softmax(double l2, bool intercept, const TrainTest& data);

struct SparseSoftmax {
  const SparseMatrix& matrix;
  std::size_t longest_row;
  std::size_t classes;
  std::span<const std::uint32_t> labels;
  std::span<const Real> regulariser;  ///< λ/d_v per feature, 0 for the intercepts
};
std::unique_ptr<Worker> make_worker(const SparseSoftmax& model, const WorkerOptions& options);

}  // namespace sgdbench
