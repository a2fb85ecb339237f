// Products of a mini-batch of sparse rows with a dense matrix: the first layer of a network.
//
//   z_r = ∑_v x_rv·W[v, ·]          W[v, ·] ← keep·W[v, ·] + ∑_r x_rv·δ_r
//
// An entry costs a row of W from the first-level cache, as many multiply-adds as W has columns, and
// in the second product as many stores. So features are taken in blocks whose part of W stays in
// that cache while all rows pass over it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "workloads/data/storage.h"
#include "workloads/kernels/dense_layer.h"
#include "workloads/parallel.h"
#include "workloads/real.h"

namespace sgdbench {

/// Features of a block: with the columns of one panel it fills half of the first-level cache.
inline constexpr std::size_t kFeatureBlock = 64;

/// The rows of a mini-batch, cut into blocks of `width` features. It points to entries that
/// somebody else keeps.
class SparseBatch {
 public:
  SparseBatch() = default;
  /// `entries` is how many a row has in the mean: where blocks would have a few each, or none, they
  /// are made wider, because little of W is used twice.
  SparseBatch(std::size_t max_rows, std::size_t features, double entries);

  std::size_t features() const { return features_; }
  std::size_t width() const { return width_; }
  std::size_t blocks() const { return blocks_; }
  /// Where the blocks of a row begin, and behind them where the last one ends: to be filled.
  std::span<const Entry*> bounds(std::size_t row) {
    return std::span(bounds_).subspan(row * (blocks_ + 1), blocks_ + 1);
  }
  std::span<const Entry> entries(std::size_t row, std::size_t block) const {
    const Entry* const* const bound = &bounds_[row * (blocks_ + 1) + block];
    return {bound[0], bound[1]};
  }

 private:
  std::size_t features_ = 0, width_ = 1, blocks_ = 0;
  std::vector<const Entry*> bounds_;
};

/// z_r = x_r·W for these of its rows; `z` begins with the first of them.
void multiply(const SparseBatch& x, Range rows, const Real* w, const DenseRows& z);

/// W ← keep·W + xᵀ·δ for these features, cut at multiples of kFeatureBlock; with keep = 0, W is not
/// read. W has as many columns as δ.
void add_transposed(const SparseBatch& x, Range features, const DenseRows& delta, Real keep,
                    Real* w);

/// The entries of a dense row that are not zero, NaN among them, from `out` on, which must have
/// room for the whole row and a register more; fills bounds (see SparseBatch) for blocks of `width`
/// features, a multiple of the lanes of a register.
void compress(std::span<const Real> row, std::size_t width, Entry* out,
              std::span<const Entry*> bounds);

}  // namespace sgdbench
