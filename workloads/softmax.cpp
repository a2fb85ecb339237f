#include "workloads/softmax.h"

#include <algorithm>

#include "workloads/data_problem.h"
#include "workloads/kernels/softmax.h"
#include "workloads/labels.h"
#include "workloads/reference.h"
#include "workloads/rows.h"
#include "workloads/smoothness.h"
#include "workloads/sparse_worker.h"

namespace sgdbench {
namespace {

class SparseSoftmaxProblem final : public DataProblem {
 public:
  SparseSoftmaxProblem(double l2, bool intercept, const TrainTest& data)
      : DataProblem(data, l2),
        matrix_(std::get<SparseMatrix>(data.train.features)),
        classes_(data.train.classes.size()),
        intercept_(intercept),
        train_labels_(class_numbers(data.train, data.train.classes)),
        longest_row_(sgdbench::longest_row(matrix_)),
        regulariser_(support_regulariser(matrix_, this->l2())),
        reference_(data.train, train_labels_, classes_, this->l2(), intercept) {
    if (intercept) regulariser_.push_back(0);
    if (data.test) test_labels_ = class_numbers(*data.test, data.train.classes);
  }

  std::size_t parameters() const override { return regulariser_.size() * classes_; }
  std::size_t regularised() const override { return matrix_.columns * classes_; }
  bool classifies() const override { return true; }
  void initialise(std::span<Real> w, std::uint64_t) const override {
    std::fill(w.begin(), w.end(), Real(0));
  }
  std::unique_ptr<Worker> make_worker(const WorkerOptions& options) const override {
    return sgdbench::make_worker(
        SparseSoftmax{matrix_, longest_row_, classes_, train_labels_, regulariser_}, options);
  }
  RowSums sum_rows(std::span<const Real> w, Part part, std::size_t begin,
                   std::size_t end) const override;

  std::size_t suggested_batch() const override { return 1; }
  double suggested_step(std::size_t batch) const override;

  void reference_gradient(std::span<const double> w, std::span<const std::uint32_t> rows,
                          std::span<double> gradient) const override {
    reference_.gradient(w, rows, gradient);
  }
  double reference_loss(std::span<const double> w,
                        std::span<const std::uint32_t> rows) const override {
    return reference_.loss(w, rows);
  }

 private:
  const SparseMatrix& matrix_;
  std::size_t classes_;
  bool intercept_;
  std::vector<std::uint32_t> train_labels_, test_labels_;
  std::size_t longest_row_;
  AlignedVector<Real> regulariser_;
  reference::SparseSoftmax reference_;
};

RowSums SparseSoftmaxProblem::sum_rows(std::span<const Real> w, Part part, std::size_t begin,
                                       std::size_t end) const {
  const auto& labels = part == Part::train ? train_labels_ : test_labels_;
  std::vector<double> z(classes_);
  RowSums sums;
  std::visit(
      [&](const auto& matrix) {
        for (std::size_t i = begin; i < end; ++i) {
          if (intercept_)
            std::copy_n(w.end() - static_cast<std::ptrdiff_t>(classes_), classes_, z.begin());
          else
            std::fill(z.begin(), z.end(), 0.0);
          for_each_value(matrix, i, matrix_.columns, [&](std::size_t v, Real x) {
            for (std::size_t c = 0; c < classes_; ++c)
              z[c] += static_cast<double>(w[v * classes_ + c]) * x;
          });
          sums.loss += cross_entropy(z.data(), classes_, labels[i]);
          sums.correct += predicts(z.data(), classes_, labels[i]);
        }
      },
      dataset(part).features);
  return sums;
}

// 1/2 bounds the largest eigenvalue of diag(p) − ppᵀ, the curvature in the scores.
double SparseSoftmaxProblem::suggested_step(std::size_t batch) const {
  double roughest = l2();
  for (const Real r : regulariser_) roughest = std::max(roughest, static_cast<double>(r));
  const auto scale = scale_of(train(), intercept_ ? Columns::with_ones : Columns::as_stored);
  return step_for(scale, 0.5, l2(), roughest, examples(), batch);
}

}  // namespace

std::unique_ptr<Problem> make_sparse_softmax(double l2, bool intercept, const TrainTest& data) {
  return std::make_unique<SparseSoftmaxProblem>(l2, intercept, data);
}

}  // namespace sgdbench
