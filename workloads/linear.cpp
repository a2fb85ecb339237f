#include "workloads/linear.h"

#include <algorithm>

#include "workloads/data_problem.h"
#include "workloads/kernels/row.h"
#include "workloads/reference.h"
#include "workloads/worker_base.h"

namespace sgdbench {
namespace {

bool are_classes(LossKind kind) {
  return with_loss(kind, [](auto loss) { return loss.kClassifies; });
}

std::vector<Real> targets_of(LossKind kind, const Dataset& data, const Dataset& train) {
  return are_classes(kind) ? signs(data, train.classes) : data.targets;
}

class LinearProblem final : public DataProblem {
 public:
  LinearProblem(LossKind kind, double l2, bool intercept, const TrainTest& data);

  std::size_t parameters() const override { return regularised() + (intercept_ ? 1 : 0); }
  std::size_t regularised() const override { return train().columns(); }
  bool classifies() const override { return are_classes(kind_); }
  void initialise(std::span<Real> w, std::uint64_t) const override {
    std::fill(w.begin(), w.end(), Real(0));
  }
  std::unique_ptr<Worker> make_worker(const WorkerOptions& options) const override;
  RuleInput rule_input() const override { return {parameters(), examples(), &rows_}; }
  RowSums sum_rows(std::span<const Real> w, Part part, std::size_t begin,
                   std::size_t end) const override;

  // One example an update where an update costs only the example's own coordinates.
  std::size_t suggested_batch() const override { return train().sparse() ? 1 : 16; }
  double suggested_step(std::size_t batch) const override;
  double suggested_step_of_loss(std::size_t batch) const override { return step_with(l2(), batch); }

 private:
  /// With λ/d_v at most so large.
  double step_with(double roughest, std::size_t batch) const;
  const reference::Model& reference() const override { return reference_; }

  LossKind kind_;
  bool intercept_;
  std::vector<Real> train_targets_;
  std::vector<Real> test_targets_;
  std::size_t longest_row_ = 0;  ///< sparse data only, as the next
  AlignedVector<Real> inverse_shares_, regulariser_;
  LinearRows rows_;
  reference::Linear reference_;
};

LinearProblem::LinearProblem(LossKind kind, double l2, bool intercept, const TrainTest& data)
    : DataProblem(data, l2),
      kind_(kind),
      intercept_(intercept),
      train_targets_(targets_of(kind, data.train, data.train)),
      reference_(kind, data.train, train_targets_, this->l2(), intercept) {
  if (data.test) test_targets_ = targets_of(kind, *data.test, data.train);
  if (const auto* sparse = std::get_if<SparseMatrix>(&data.train.features)) {
    longest_row_ = sgdbench::longest_row(*sparse);
    inverse_shares_ = inverse_shares(*sparse, intercept);
    regulariser_ = support_regulariser(inverse_shares_, this->l2(), intercept);
  }
  rows_.sparse = std::get_if<SparseMatrix>(&data.train.features);
  rows_.dense = std::get_if<DenseMatrix>(&data.train.features);
  rows_.intercept = intercept;
  rows_.l2 = static_cast<Real>(this->l2());
  rows_.inverse_shares = inverse_shares_;
  rows_.smooth = with_loss(kind, [](auto loss) { return loss.kSmooth; });
}

std::unique_ptr<Worker> LinearProblem::make_worker(const WorkerOptions& options) const {
  if (const auto* sparse = std::get_if<SparseMatrix>(&train().features))
    return sgdbench::make_worker(SparseLinear{kind_, *sparse, longest_row_, train_targets_,
                                              regulariser_, inverse_shares_, intercept_},
                                 options);
  const auto& dense = std::get<DenseMatrix>(train().features);
  return sgdbench::make_worker(
      DenseLinear{kind_, dense, train_targets_, static_cast<Real>(l2()), intercept_}, options);
}

RowSums LinearProblem::sum_rows(std::span<const Real> w, Part part, std::size_t begin,
                                std::size_t end) const {
  const auto& targets = part == Part::train ? train_targets_ : test_targets_;
  const auto features = w.first(regularised());
  const double b = intercept_ ? w.back() : Real(0);
  RowSums sums;
  std::visit(
      [&](const auto& matrix) {
        with_loss(kind_, [&](auto loss) {
          for (std::size_t i = begin; i < end; ++i) {
            const double z = product(matrix, i, features) + b;
            sums.loss += loss.value(z, targets[i]);
            sums.correct += (z > 0) == (targets[i] > 0);
          }
        });
      },
      dataset(part).features);
  return sums;
}

double LinearProblem::suggested_step(std::size_t batch) const {
  double roughest = l2();
  for (const Real r : regulariser_) roughest = std::max(roughest, static_cast<double>(r));
  return step_with(roughest, batch);
}

double LinearProblem::step_with(double roughest, std::size_t batch) const {
  const auto scale = scale_of(train(), intercept_ ? Columns::with_ones : Columns::as_stored);
  const double curvature = with_loss(kind_, [](auto loss) { return loss.kCurvature; });
  return step_for(scale, curvature, l2(), roughest, examples(), batch);
}

}  // namespace

std::unique_ptr<Problem> make_linear(LossKind kind, double l2, bool intercept,
                                     const TrainTest& data) {
  return std::make_unique<LinearProblem>(kind, l2, intercept, data);
}

}  // namespace sgdbench
