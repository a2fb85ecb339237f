// Cutting a run into pieces of work that workers take one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sgdbench {

/// Up to `length` consecutive mini-batches of one epoch and of one size.
struct Block {
  std::uint64_t epoch = 0;
  std::size_t begin = 0, end = 0;    ///< positions in the epoch's order of examples
  std::size_t batch = 1;             ///< examples of each mini-batch
  std::uint64_t first_update = 0;    ///< t of the first mini-batch, counted over the whole run
  std::uint64_t examples_after = 0;  ///< examples of the plan up to and including this block

  std::uint64_t updates() const { return (end - begin + batch - 1) / batch; }
};

/// What worker `me` of `workers` computes of a round: shares differ by one example at most, and
/// only the last ones can be empty.
Block share_of(const Block& round, std::size_t me, std::size_t workers);

/// Every epoch is cut into ⌈n/batch⌉ mini-batches, so that it is n example gradients whatever the
/// batch. Their sizes differ by one at most: a short last mini-batch would be the noisiest update
/// of every epoch, and the last one of the run.
///
/// Where workers are to meet, for a full gradient, the plan falls into segments, whose borders no
/// block crosses. Immutable.
class WorkPlan {
 public:
  /// What a limit counts.
  enum class Limit { mini_batches, blocks };

  /// `updates` = 0: no limit but the epochs. Segments end with the first mini-batch that reaches
  /// one of `borders`, numbers of examples, ascending.
  WorkPlan(std::size_t examples, std::size_t batch, std::size_t length, std::uint64_t epochs,
           std::uint64_t updates, Limit limit = Limit::mini_batches,
           std::span<const std::uint64_t> borders = {});

  std::uint64_t blocks() const { return blocks_; }
  std::uint64_t updates() const { return updates_; }  ///< mini-batches in all
  std::uint64_t examples() const { return examples_after(updates_); }
  Block block(std::uint64_t k) const;
  std::size_t segments() const { return segment_ends_.size(); }
  /// Blocks of the plan up to and including this segment's.
  std::uint64_t segment_end(std::size_t segment) const { return segment_ends_[segment]; }
  /// Mini-batch t of the run.
  Block mini_batch(std::uint64_t t) const;

 private:
  std::uint64_t examples_after(std::uint64_t updates) const;
  std::size_t position(std::uint64_t batch) const;
  std::uint64_t blocks_up_to(std::uint64_t batch) const;
  std::uint64_t batches_up_to(std::size_t position) const;
  void limit_to(std::uint64_t blocks);
  void cut(std::span<const std::uint64_t> borders);
  Block block_of_piece(std::uint64_t k) const;

  /// Mini-batches of one size, one epoch and one segment.
  struct Piece {
    std::uint64_t first_block, first_update, end;
  };

  std::size_t examples_, length_;
  std::uint64_t batches_per_epoch_;
  std::size_t small_;               // the smaller size of a mini-batch
  std::uint64_t larger_;            // this many mini-batches, the first ones, have one example more
  std::uint64_t blocks_of_larger_;  // in an epoch: none holds both sizes
  std::uint64_t blocks_per_epoch_;
  std::uint64_t updates_ = 0, blocks_ = 0;
  std::vector<Piece> pieces_;  // where there is more than one segment
  std::vector<std::uint64_t> segment_ends_;
};

}  // namespace sgdbench
