// What workers of every workload share: the loop over mini-batches that are computed and then
// applied, for all cases without a faster one, and what workers on sparse rows have in common.
//
// A workload with a faster way to make an update in place (no gradient in memory) overrides
// run_in_place() for the cases where it has one and leaves the others to this loop.
#pragma once

#include <vector>

#include "workloads/data/storage.h"
#include "workloads/kernels/row.h"
#include "workloads/problem.h"
#include "workloads/rules/slope_memory.h"

namespace sgdbench {

/// The updates of one in-place run: their step sizes, and the count that others watch.
class UpdateCounter {
 public:
  explicit UpdateCounter(const InPlaceRun& run)
      : run_(run),
        next_(run.first_update),
        applied_(run.applied->load(std::memory_order_relaxed)),
        moving_(run.step.moves()),
        step_(run.step.at(run.first_update)) {}

  /// γ of the next update.
  Real step() const { return step_; }
  /// The same with its place in the average over iterates.
  UpdateStep averaged_step() const { return {step_, averaged()}; }
  Real averaged() const { return run_.step.averaged(next_); }
  /// The update was made. Nobody else writes the count, so no read-modify-write is needed.
  void made() {
    run_.applied->store(++applied_, std::memory_order_relaxed);
    ++next_;
    if (moving_) step_ = run_.step.at(next_);
  }

 private:
  const InPlaceRun& run_;
  std::uint64_t next_;
  std::uint64_t applied_;
  bool moving_;
  Real step_;
};

class WorkerBase : public Worker {
 public:
  void run_in_place(std::span<Real> state, const InPlaceRun& run) override;
  void commit(std::span<Real> state, UpdateStep step) const override;
  void difference_from(std::span<const Real> anchor) override { anchor_ = anchor; }

 protected:
  explicit WorkerBase(const WorkerOptions& options)
      : rule_(options.rule), slope_memory_(dynamic_cast<const SlopeMemory*>(options.rule)) {
    kept_.reserve(options.max_batch);
    if (slope_memory_ != nullptr) slope_memory_->reserve(total_);
  }

  /// Makes these the rows of the gradient sum, which may outlive the caller's memory of them.
  std::span<const std::uint32_t> keep(std::span<const std::uint32_t> rows) {
    kept_.assign(rows.begin(), rows.end());
    return kept_;
  }
  std::span<const std::uint32_t> kept() const { return kept_; }
  /// Rows of the run behind the prepared mini-batch, where there is a run: worth asking for.
  std::span<const std::uint32_t> following() const { return following_; }
  /// The rule, if it is one of those that remember slopes; else null.
  const SlopeMemory* slope_memory() const { return slope_memory_; }
  /// What gradients are made differences from; empty: they are whole.
  std::span<const Real> anchor() const { return anchor_; }
  /// Whether what read() takes includes it, because the next update moves it.
  bool reads_anchor() const { return rule_ != nullptr && rule_->moves_anchor(); }
  /// Whether an update is the gradient's step and nothing more.
  bool plain_sgd() const {
    return rule_ == nullptr || (rule_->is_plain() && rule_->spec().average == 0);
  }
  /// u of a state, where its rule is sgd with an average over iterates; else null.
  Real* average(std::span<Real> state) const {
    if (rule_ == nullptr || !rule_->is_plain()) return nullptr;
    return rule_->average(state.data());
  }

 private:
  const Rule* rule_;
  const SlopeMemory* slope_memory_;
  std::vector<std::uint32_t> kept_;
  mutable GradientTotal total_;
  std::span<const std::uint32_t> following_;
  std::span<const Real> anchor_;
};

/// A Worker over sparse rows. Its private vectors have a place for every parameter, so that a
/// coordinate needs no translation. Mini-batches come in two sizes:
///
/// Small ones have a support, and only its coordinates are moved and cleared, never whole vectors:
/// the copy of w is valid there, and the values of the gradient sum are zero everywhere else.
///
/// Large ones, which meet a good part of all features, are dense: whole vectors are moved, at
/// the speed of memory, and nobody asks of an entry whether its feature was met before.
///
/// A feature v owns `width` parameters, v·width + c: one for a linear model, one for each class for
/// softmax. An intercept is one feature more, the last, in the support of every
/// mini-batch; its regulariser is 0.
class SparseWorker : public WorkerBase {
 public:
  void prepare(std::span<const std::uint32_t> rows) override;
  void read(std::span<const Real> w, Access access) override;
  void compute() override { compute_current(copy_, anchor_copy_); }
  void compute_from(std::span<const Real> w) override;
  GradientSum gradient_sum() const override;
  std::size_t read_bytes() const override;
  std::optional<std::span<const std::uint32_t>> wanted() const override;
  void accept(std::span<const Real> values) override;

 protected:
  /// `matrix` and `regulariser` (λ/d_v per feature, see below, the intercept included) must outlive
  /// the worker; `longest` is the matrix's longest row.
  SparseWorker(const SparseMatrix& matrix, std::size_t longest, std::size_t width,
               std::span<const Real> regulariser, const WorkerOptions& options);

  /// Adds ∑ ∇fᵢ(w) over the rows to `values`, and puts their slopes into slopes(); w is valid on
  /// their support.
  virtual void accumulate(std::span<const Real> w, std::span<const std::uint32_t> rows,
                          std::span<Real> values) = 0;

  const SparseMatrix& matrix() const { return matrix_; }
  std::size_t width() const { return width_; }
  /// λ/d_v per feature.
  std::span<const Real> regulariser() const { return regulariser_; }
  bool intercept() const { return regulariser_.size() > matrix_.columns; }
  /// What the intercept adds to every row.
  Entry intercept_entry() const { return {static_cast<std::uint32_t>(matrix_.columns), 1}; }
  /// `width` for each row of a mini-batch.
  std::span<Real> slopes() { return slopes_; }
  /// Whether mini-batches of max_batch rows are dense.
  bool dense() const { return dense_; }

 private:
  struct MiniBatch {
    std::span<const std::uint32_t> rows;
    std::vector<std::uint32_t> support;  ///< the first `size` hold coordinates
    std::size_t size = 0;
    std::size_t examples = 0;
  };
  static constexpr std::size_t kNone = 2;

  void collect_support(MiniBatch& batch);
  std::size_t collect_features(std::span<const std::uint32_t> rows, std::uint32_t* features);
  void compute_current(std::span<const Real> w, std::span<const Real> at);
  void copy_current(std::span<const Real> from, Access access, std::span<Real> to) const;
  void negate_current();
  void clear(MiniBatch& batch);

  const SparseMatrix& matrix_;
  std::size_t width_;
  std::span<const Real> regulariser_;
  bool dense_;
  MiniBatch batches_[2];
  std::size_t current_ = 0;                 ///< whose gradient sum it is; the other one is prepared
  std::size_t dirty_ = kNone;               ///< whose support `values_` is not zero on
  AlignedVector<Real> copy_, anchor_copy_;  ///< the latter of rules that move theirs
  AlignedVector<Real> values_, slopes_;
  std::vector<std::uint32_t> stamps_;  ///< per feature, the last generation that met it
  std::uint32_t generation_ = 0;
};

/// The longest row of a matrix.
std::size_t longest_row(const SparseMatrix& matrix);

/// For every feature v, 1/d_v, where d_v is the share of rows that contain v; 0 where none does.
/// The intercept, if there is one, is in every row.
AlignedVector<Real> inverse_shares(const SparseMatrix& matrix, bool intercept);

/// λ/d_v for every feature; 0 for the intercept.
AlignedVector<Real> support_regulariser(std::span<const Real> inverse_shares, double l2,
                                        bool intercept);

}  // namespace sgdbench
