#include "backends/work_plan.h"

#include <algorithm>

namespace sgdbench {
namespace {

constexpr std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

}  // namespace

WorkPlan::WorkPlan(std::size_t examples, std::size_t batch, std::size_t length,
                   std::uint64_t epochs, std::uint64_t updates)
    : examples_(examples),
      batch_(batch),
      length_(length),
      batches_per_epoch_(divide_up(examples, batch)),
      stretches_per_epoch_(divide_up(batches_per_epoch_, length)) {
  updates_ = epochs * batches_per_epoch_;
  if (updates != 0) updates_ = std::min(updates_, updates);
  stretches_ = updates_ / batches_per_epoch_ * stretches_per_epoch_ +
               divide_up(updates_ % batches_per_epoch_, length_);
}

std::uint64_t WorkPlan::examples_after(std::uint64_t updates) const {
  return updates / batches_per_epoch_ * examples_ +
         std::min<std::uint64_t>(updates % batches_per_epoch_ * batch_, examples_);
}

Stretch WorkPlan::stretch(std::uint64_t k) const {
  const std::uint64_t epoch = k / stretches_per_epoch_;
  const std::uint64_t first = k % stretches_per_epoch_ * length_;  // mini-batch within the epoch
  const std::uint64_t first_update = epoch * batches_per_epoch_ + first;
  const std::uint64_t count =
      std::min({std::uint64_t{length_}, batches_per_epoch_ - first, updates_ - first_update});
  const std::size_t begin = first * batch_;
  const std::size_t end = std::min(examples_, begin + count * batch_);
  return {epoch, begin, end, first_update, epoch * examples_ + end};
}

}  // namespace sgdbench
