#include "backends/work_plan.h"

#include <algorithm>

namespace sgdbench {
namespace {

constexpr std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) {
  return (a + b - 1) / b;
}

}  // namespace

Block share_of(const Block& round, std::size_t me, std::size_t workers) {
  if (workers == 1) return round;  // two divisions less: a task of async is a whole mini-batch
  const std::size_t size = (round.end - round.begin) / workers;
  const std::size_t larger = (round.end - round.begin) % workers;
  Block share = round;
  share.begin = round.begin + me * size + std::min(me, larger);
  share.end = share.begin + size + (me < larger ? 1 : 0);
  return share;
}

WorkPlan::WorkPlan(std::size_t examples, std::size_t batch, std::size_t length,
                   std::uint64_t epochs, std::uint64_t updates, Limit limit)
    : examples_(examples),
      length_(length),
      batches_per_epoch_(divide_up(examples, batch)),
      small_(examples / batches_per_epoch_),
      larger_(examples % batches_per_epoch_),
      stretches_of_larger_(divide_up(larger_, length)),
      stretches_per_epoch_(stretches_up_to(batches_per_epoch_)) {
  updates_ = epochs * batches_per_epoch_;
  if (updates != 0 && limit == Limit::mini_batches) updates_ = std::min(updates_, updates);
  stretches_ = updates_ / batches_per_epoch_ * stretches_per_epoch_ +
               stretches_up_to(updates_ % batches_per_epoch_);
  if (updates != 0 && limit == Limit::blocks) limit_to(updates);
}

void WorkPlan::limit_to(std::uint64_t blocks) {
  if (blocks >= stretches_) return;
  const Block last = block(blocks - 1);
  stretches_ = blocks;
  updates_ = last.first_update + (last.end - last.begin) / last.batch;
}

/// Where mini-batch number `batch` of an epoch begins.
std::size_t WorkPlan::position(std::uint64_t batch) const {
  return batch * small_ + std::min(batch, larger_);
}

/// Stretches that hold the first `batch` mini-batches of an epoch: none holds both sizes.
std::uint64_t WorkPlan::stretches_up_to(std::uint64_t batch) const {
  const std::uint64_t of_larger = std::min(batch, larger_);
  return divide_up(of_larger, length_) + divide_up(batch - of_larger, length_);
}

std::uint64_t WorkPlan::examples_after(std::uint64_t updates) const {
  return updates / batches_per_epoch_ * examples_ + position(updates % batches_per_epoch_);
}

Block WorkPlan::block(std::uint64_t k) const {
  // The only division here: where a block is one update of one example, they are felt.
  const std::uint64_t epoch = k / stretches_per_epoch_;
  const std::uint64_t in_epoch = k - epoch * stretches_per_epoch_;
  const bool is_larger = in_epoch < stretches_of_larger_;
  const std::uint64_t first =
      is_larger ? in_epoch * length_ : larger_ + (in_epoch - stretches_of_larger_) * length_;
  const std::uint64_t first_update = epoch * batches_per_epoch_ + first;
  const std::uint64_t last = std::min({first + length_, is_larger ? larger_ : batches_per_epoch_,
                                       updates_ - epoch * batches_per_epoch_});
  return {epoch,          position(first),
          position(last), small_ + (is_larger ? 1 : 0),
          first_update,   epoch * examples_ + position(last)};
}

Block WorkPlan::mini_batch(std::uint64_t t) const {
  const std::uint64_t epoch = t / batches_per_epoch_, first = t % batches_per_epoch_;
  return {epoch, position(first),      position(first + 1), small_ + (first < larger_ ? 1 : 0),
          t,     examples_after(t + 1)};
}

}  // namespace sgdbench
