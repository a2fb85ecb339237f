// Multi-class logistic regression on sparse rows: the worker, then the problem. On dense rows it is
// a network without hidden layers (mlp.h). W lies feature by feature, W[v·C + c], so that an entry
// of a row meets C neighbours:
//
//   z_c = ∑_v W[v·C + c]·x_v,   s = softmax(z) − e_y,
//   W[v·C + c] ← W[v·C + c] − γ·(s_c·x_v + λ/d_v·W[v·C + c])
//
// Intercepts, one for each class, come behind the features' parameters (linear.h) and add an entry
// of 1, whose λ is 0, to every row.
#include <algorithm>

#include "workloads/data_problem.h"
#include "workloads/kernels/dense_layer.h"
#include "workloads/kernels/memory.h"
#include "workloads/kernels/row.h"
#include "workloads/linear.h"
#include "workloads/reference.h"
#include "workloads/worker_base.h"

namespace sgdbench {
namespace {

struct SparseSoftmax {
  const SparseMatrix& matrix;
  std::size_t longest_row;
  std::size_t classes;
  std::span<const std::uint32_t> labels;
  std::span<const Real> regulariser;  ///< λ/d_v per feature, 0 for the intercepts
};

class SparseSoftmaxWorker final : public SparseWorker {
 public:
  SparseSoftmaxWorker(const SparseSoftmax& model, const WorkerOptions& options)
      : SparseWorker(model.matrix, model.longest_row, model.classes, model.regulariser, options),
        model_(model),
        scores_(model.classes),
        one_(intercept_entry()) {}

  void run_in_place(std::span<Real> state, const InPlaceRun& run) override {
    if (run.batch != 1 || !plain_sgd()) return SparseWorker::run_in_place(state, run);
    with_memory(run.access, run.probe,
                [&](const auto& memory) { step_through(memory, state.data(), run); });
  }

 protected:
  void accumulate(std::span<const Real> w, std::span<const std::uint32_t> rows,
                  std::span<Real> values) override {
    for (std::size_t k = 0; k < rows.size(); ++k) {
      fetch_ahead(matrix(), rows, k, model_.labels.data());
      const auto x = matrix().row(rows[k]);
      const Real* const s = slopes_of(ExclusiveMemory{}, w.data(), x, model_.labels[rows[k]]);
      std::copy_n(s, width(), &slopes()[k * width()]);
      add_gradient(w.data(), x, s, values.data());
      if (intercept()) add_gradient(w.data(), ones(), s, values.data());
    }
  }

 private:
  /// The intercepts' part of every row.
  std::span<const Entry> ones() const { return {&one_, 1}; }

  /// values += s ⊗ x + ∑_{v ∈ x} λ/d_v·w_v
  [[gnu::always_inline]] void add_gradient(const Real* w, std::span<const Entry> x, const Real* s,
                                           Real* values) const {
    const std::size_t classes = width();
    const Real* const regularisers = regulariser().data();
    for (const Entry& e : x) {
      const Real x_v = e.value, r = regularisers[e.column];
      const Real* const w_v = &w[e.column * classes];
      Real* const values_v = &values[e.column * classes];
#pragma omp simd
      for (std::size_t c = 0; c < classes; ++c) values_v[c] += s[c] * x_v + r * w_v[c];
    }
  }

  /// z += x·W
  template <class Memory>
  [[gnu::always_inline]] void add_scores(const Memory& memory, const Real* w,
                                         std::span<const Entry> x, Real* z) const {
    const std::size_t classes = width();
    for (const Entry& e : x) {
      const Real* const w_v = w + e.column * classes;
      std::size_t c = 0;
      for (; c + kLanes <= classes; c += kLanes)
        plain::store(z + c, plain::load<Vec>(z + c) + memory.template load<Vec>(w_v + c) * e.value);
      for (; c < classes; ++c) z[c] += memory.template load<Real>(w_v + c) * e.value;
    }
  }

  template <class Memory>
  [[gnu::always_inline]] void step_along(const Memory& memory, Real* w, std::span<const Entry> x,
                                         const Real* s, Real step) const {
    for (const Entry& e : x)
      step_feature(memory, w + e.column * width(), s, e.value, regulariser()[e.column], step);
  }

  /// s = softmax(z) − e_y for one row, in this worker's own memory.
  template <class Memory>
  const Real* slopes_of(const Memory& memory, const Real* w, std::span<const Entry> x,
                        std::uint32_t y) {
    const std::size_t classes = width();
    std::fill(scores_.begin(), scores_.end(), Real(0));
    Real* const z = scores_.data();
    add_scores(memory, w, x, z);
    if (intercept()) add_scores(memory, w, ones(), z);
    softmax_slope(z, classes, y);
    return z;
  }

  template <class Memory>
  void step_through(const Memory& memory, Real* w, const InPlaceRun& run) {
    UpdateCounter updates(run);
    for (std::size_t k = 0; k < run.rows.size(); ++k) {
      fetch_ahead(matrix(), run.rows_and_ahead(), k, model_.labels.data());
      const auto x = matrix().row(run.rows[k]);
      const Real* const s = slopes_of(memory, w, x, model_.labels[run.rows[k]]);
      step_along(memory, w, x, s, updates.step());
      if (intercept()) step_along(memory, w, ones(), s, updates.step());
      updates.made();
    }
  }

  template <class Memory>
  void step_feature(const Memory& memory, Real* w, const Real* s, Real x, Real r, Real step) const {
    std::size_t c = 0;
    if constexpr (Memory::kVectors)
      for (; c + kLanes <= width(); c += kLanes) {
        const Vec s_c = plain::load<Vec>(s + c);
        memory.template modify<Vec>(w + c,
                                    [&](Vec old) { return old - step * (s_c * x + r * old); });
      }
    for (; c < width(); ++c)
      memory.template modify<Real>(w + c,
                                   [&](Real old) { return old - step * (s[c] * x + r * old); });
  }

  SparseSoftmax model_;
  AlignedVector<Real> scores_;
  Entry one_;
};

class SparseSoftmaxProblem final : public DataProblem {
 public:
  SparseSoftmaxProblem(double l2, bool intercept, const TrainTest& data)
      : DataProblem(data, l2),
        matrix_(std::get<SparseMatrix>(data.train.features)),
        classes_(data.train.classes.size()),
        intercept_(intercept),
        train_labels_(class_numbers(data.train, data.train.classes)),
        longest_row_(sgdbench::longest_row(matrix_)),
        inverse_shares_(inverse_shares(matrix_, intercept)),
        regulariser_(support_regulariser(inverse_shares_, this->l2(), intercept)),
        reference_(data.train, train_labels_, classes_, this->l2(), intercept) {
    rows_.sparse = &matrix_;
    rows_.scores = classes_;
    rows_.intercept = intercept;
    rows_.l2 = static_cast<Real>(this->l2());
    rows_.inverse_shares = inverse_shares_;
    if (data.test) test_labels_ = class_numbers(*data.test, data.train.classes);
  }

  std::size_t parameters() const override { return regulariser_.size() * classes_; }
  std::size_t regularised() const override { return matrix_.columns * classes_; }
  bool classifies() const override { return true; }
  void initialise(std::span<Real> w, std::uint64_t) const override {
    std::fill(w.begin(), w.end(), Real(0));
  }
  std::unique_ptr<Worker> make_worker(const WorkerOptions& options) const override {
    const SparseSoftmax model{matrix_, longest_row_, classes_, train_labels_, regulariser_};
    return std::make_unique<SparseSoftmaxWorker>(model, options);
  }
  RuleInput rule_input() const override { return {parameters(), examples(), &rows_}; }
  RowSums sum_rows(std::span<const Real> w, Part part, std::size_t begin,
                   std::size_t end) const override;

  std::size_t suggested_batch() const override { return 1; }
  double suggested_step(std::size_t batch) const override;
  double suggested_step_of_loss(std::size_t batch) const override { return step_with(l2(), batch); }

 private:
  /// With λ/d_v at most so large.
  double step_with(double roughest, std::size_t batch) const;
  const reference::Model& reference() const override { return reference_; }

  const SparseMatrix& matrix_;
  std::size_t classes_;
  bool intercept_;
  std::vector<std::uint32_t> train_labels_, test_labels_;
  std::size_t longest_row_;
  AlignedVector<Real> inverse_shares_, regulariser_;
  LinearRows rows_;
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
  return step_with(roughest, batch);
}

double SparseSoftmaxProblem::step_with(double roughest, std::size_t batch) const {
  const auto scale = scale_of(train(), intercept_ ? Columns::with_ones : Columns::as_stored);
  return step_for(scale, 0.5, l2(), roughest, examples(), batch);
}

}  // namespace

std::unique_ptr<Problem> make_sparse_softmax(double l2, bool intercept, const TrainTest& data) {
  return std::make_unique<SparseSoftmaxProblem>(l2, intercept, data);
}

}  // namespace sgdbench
