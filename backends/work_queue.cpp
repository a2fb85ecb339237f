#include "backends/work_queue.h"

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
                   std::uint64_t epochs, std::uint64_t updates, Limit limit,
                   std::span<const std::uint64_t> borders)
    : examples_(examples),
      length_(length),
      batches_per_epoch_(divide_up(examples, batch)),
      small_(examples / batches_per_epoch_),
      larger_(examples % batches_per_epoch_),
      blocks_of_larger_(divide_up(larger_, length)),
      blocks_per_epoch_(blocks_up_to(batches_per_epoch_)) {
  updates_ = epochs * batches_per_epoch_;
  if (updates != 0 && limit == Limit::mini_batches) updates_ = std::min(updates_, updates);
  blocks_ = updates_ / batches_per_epoch_ * blocks_per_epoch_ +
            blocks_up_to(updates_ % batches_per_epoch_);
  cut(borders);
  if (updates != 0 && limit == Limit::blocks) limit_to(updates);
}

/// Lists the pieces, and counts their blocks, where a border lies inside of the plan.
void WorkPlan::cut(std::span<const std::uint64_t> borders) {
  std::vector<std::uint64_t> ends;  // of segments, in mini-batches
  for (const std::uint64_t border : borders) {
    const std::uint64_t t = border / examples_ * batches_per_epoch_ +
                            batches_up_to(static_cast<std::size_t>(border % examples_));
    if (t > (ends.empty() ? 0 : ends.back()) && t < updates_) ends.push_back(t);
  }
  segment_ends_.assign(1, blocks_);
  if (ends.empty()) return;
  ends.push_back(updates_);
  segment_ends_.clear();
  blocks_ = 0;
  std::uint64_t t = 0;
  for (const std::uint64_t end : ends) {
    while (t < end) {
      const std::uint64_t epoch = t / batches_per_epoch_ * batches_per_epoch_;
      const bool is_larger = t - epoch < larger_;
      const std::uint64_t last = std::min(end, epoch + (is_larger ? larger_ : batches_per_epoch_));
      pieces_.push_back({blocks_, t, last});
      blocks_ += divide_up(last - t, length_);
      t = last;
    }
    segment_ends_.push_back(blocks_);
  }
}

/// Mini-batches of an epoch that reach this position.
std::uint64_t WorkPlan::batches_up_to(std::size_t position) const {
  const std::uint64_t of_larger = larger_ * (small_ + 1);
  if (position <= of_larger) return divide_up(position, small_ + 1);
  return larger_ + divide_up(position - of_larger, small_);
}

void WorkPlan::limit_to(std::uint64_t blocks) {
  if (blocks >= blocks_) return;
  const Block last = block(blocks - 1);
  blocks_ = blocks;
  while (segment_ends_.size() > 1 && segment_ends_[segment_ends_.size() - 2] >= blocks)
    segment_ends_.pop_back();
  segment_ends_.back() = blocks;
  updates_ = last.first_update + (last.end - last.begin) / last.batch;
}

/// Where mini-batch number `batch` of an epoch begins.
std::size_t WorkPlan::position(std::uint64_t batch) const {
  return batch * small_ + std::min(batch, larger_);
}

/// Blocks that hold the first `batch` mini-batches of an epoch: none holds both sizes.
std::uint64_t WorkPlan::blocks_up_to(std::uint64_t batch) const {
  const std::uint64_t of_larger = std::min(batch, larger_);
  return divide_up(of_larger, length_) + divide_up(batch - of_larger, length_);
}

std::uint64_t WorkPlan::examples_after(std::uint64_t updates) const {
  return updates / batches_per_epoch_ * examples_ + position(updates % batches_per_epoch_);
}

Block WorkPlan::block_of_piece(std::uint64_t k) const {
  const auto after = std::upper_bound(
      pieces_.begin(), pieces_.end(), k,
      [](std::uint64_t block, const Piece& piece) { return block < piece.first_block; });
  const Piece& piece = *(after - 1);
  const std::uint64_t first = piece.first_update + (k - piece.first_block) * length_;
  const std::uint64_t last = std::min(first + length_, piece.end);
  const std::uint64_t epoch = first / batches_per_epoch_, before = epoch * batches_per_epoch_;
  return {epoch,
          position(first - before),
          position(last - before),
          small_ + (first - before < larger_ ? 1 : 0),
          first,
          epoch * examples_ + position(last - before)};
}

Block WorkPlan::block(std::uint64_t k) const {
  if (!pieces_.empty()) return block_of_piece(k);
  // The only division here: where a block is one update of one example, they are felt.
  const std::uint64_t epoch = k / blocks_per_epoch_;
  const std::uint64_t in_epoch = k - epoch * blocks_per_epoch_;
  const bool is_larger = in_epoch < blocks_of_larger_;
  const std::uint64_t first =
      is_larger ? in_epoch * length_ : larger_ + (in_epoch - blocks_of_larger_) * length_;
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

WorkQueue::WorkQueue(const WorkPlan& plan, std::size_t shares, Assign assign, std::size_t workers,
                     bool blocks)
    : plan_(plan),
      shares_(shares),
      blocks_(blocks),
      lines_(assign == Assign::dynamic ? 1 : workers) {
  // A worker has one task at a time, and may have taken another: no more come back at once. So the
  // memory is taken here, and not under a server's lock.
  for (auto& line : lines_) {
    std::vector<std::uint64_t> memory;
    memory.reserve(2 * workers / lines_.size());
    line.returned = Numbers({}, std::move(memory));
  }
  open(0, plan.segment_end(0));
}

void WorkQueue::open(std::uint64_t first_block, std::uint64_t end) {
  tasks_ = end * shares_;
  // Each line goes on with its first task that is not before the first block.
  const std::uint64_t first = first_block * shares_;
  for (std::size_t k = 0; k < lines_.size(); ++k)
    lines_[k].taken.store(first <= k ? 0 : (first - k + lines_.size() - 1) / lines_.size(),
                          std::memory_order_relaxed);
}

std::optional<Task> WorkQueue::next(std::size_t worker) {
  Line& line = line_of(worker);
  // Relaxed: a task that comes back this moment is dealt a moment later.
  if (line.returns.load(std::memory_order_relaxed) != 0)
    if (const auto number = take_returned(line)) return task(*number);
  const std::uint64_t taken = line.taken.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t number = lines_.size() == 1 ? taken : taken * lines_.size() + worker;
  if (number >= tasks_) return {};
  return task(number);
}

std::optional<std::uint64_t> WorkQueue::take_returned(Line& line) {
  const std::lock_guard lock(returning_);
  if (line.returned.empty()) return {};
  const std::uint64_t number = line.returned.top();
  line.returned.pop();
  line.returns.store(line.returned.size(), std::memory_order_relaxed);
  return number;
}

void WorkQueue::give_back(std::size_t worker, std::uint64_t number) {
  const std::lock_guard lock(returning_);
  Line& line = line_of(worker);
  line.returned.push(number);
  line.returns.store(line.returned.size(), std::memory_order_relaxed);
}

Task WorkQueue::task(std::uint64_t number) const {
  Task task;
  task.number = number;
  task.round = plan_.block(shares_ == 1 ? number : number / shares_);
  task.share = shares_ == 1 ? 0 : number % shares_;
  task.shares = shares_;
  // Divisions only where there is something to divide: at batch 1 they are felt.
  const std::size_t size = task.round.end - task.round.begin;
  task.steps = size == task.round.batch ? 1 : size / task.round.batch;
  task.examples = size;
  if (shares_ == 1) return task;
  const Block first = task.step(0);
  task.examples = task.steps * (first.end - first.begin);
  return task;
}

}  // namespace sgdbench
