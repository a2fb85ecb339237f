// A Worker over sparse rows. Its private vectors have a place for every parameter, so that a
// coordinate needs no translation. Blocks come in two sizes:
//
// Small ones have a support, and only its coordinates are moved and cleared, never whole vectors:
// the copy of w is valid there, and the values of the gradient sum are zero everywhere else.
//
// Large ones, which meet a good part of all features, are dense: whole vectors are moved, at
// the speed of memory, and nobody asks of an entry whether its feature was met before.
//
// A feature v owns `width` parameters, v·width + c: one for a linear model, one for each class for
// softmax. An intercept is one feature more, the last, in the support of every block; its
// regulariser is 0.
#pragma once

#include <vector>

#include "workloads/data/storage.h"
#include "workloads/kernels/sparse_row.h"
#include "workloads/worker_base.h"

namespace sgdbench {

class SparseWorker : public WorkerBase {
 public:
  void prepare(std::span<const std::uint32_t> rows) override;
  void read(std::span<const Real> w, Access access) override;
  void compute() override { compute_current(copy_); }
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
  /// `width` for each row of a block.
  std::span<Real> slopes() { return slopes_; }
  /// Whether blocks of max_batch rows are dense.
  bool dense() const { return dense_; }

 private:
  struct Block {
    std::span<const std::uint32_t> rows;
    std::vector<std::uint32_t> support;  ///< the first `size` hold coordinates
    std::size_t size = 0;
    std::size_t examples = 0;
  };
  static constexpr std::size_t kNone = 2;

  void collect_support(Block& block);
  std::size_t collect_features(std::span<const std::uint32_t> rows, std::uint32_t* features);
  void compute_current(std::span<const Real> w);
  void clear(Block& block);

  const SparseMatrix& matrix_;
  std::size_t width_;
  std::span<const Real> regulariser_;
  bool dense_;
  Block blocks_[2];
  std::size_t current_ = 0;    ///< whose gradient sum it is; the other one is prepared
  std::size_t dirty_ = kNone;  ///< whose support `values_` is not zero on
  AlignedVector<Real> copy_;
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
