// Cutting a run into pieces of work that workers take one at a time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sgdbench {

/// Up to `length` consecutive mini-batches of one epoch.
struct Stretch {
  std::uint64_t epoch = 0;
  std::size_t begin = 0, end = 0;   ///< positions in the epoch's order of examples
  std::uint64_t first_update = 0;   ///< t of the first mini-batch, counted over the whole run
  std::uint64_t examples_after = 0;  ///< examples of the plan up to and including this stretch
};

/// Every epoch is cut into ⌈n/batch⌉ mini-batches, the last of which may be shorter, so that an
/// epoch is n example gradients whatever the batch. Immutable.
class WorkPlan {
 public:
  /// `updates` = 0: no limit but the epochs.
  WorkPlan(std::size_t examples, std::size_t batch, std::size_t length, std::uint64_t epochs,
           std::uint64_t updates);

  std::uint64_t stretches() const { return stretches_; }
  std::uint64_t updates() const { return updates_; }    ///< mini-batches in all
  std::uint64_t examples() const { return examples_after(updates_); }
  std::size_t batch() const { return batch_; }
  Stretch stretch(std::uint64_t k) const;

 private:
  std::uint64_t examples_after(std::uint64_t updates) const;

  std::size_t examples_, batch_, length_;
  std::uint64_t batches_per_epoch_, stretches_per_epoch_;
  std::uint64_t updates_ = 0, stretches_ = 0;
};

}  // namespace sgdbench
