#include "backends/work_queue.h"

#include <algorithm>
#include <utility>

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
                   std::uint64_t epochs, std::uint64_t updates, Limit limit, Borders borders)
    : examples_(examples),
      length_(length),
      batches_per_epoch_(divide_up(examples, batch)),
      small_(examples / batches_per_epoch_),
      larger_(examples % batches_per_epoch_),
      blocks_of_larger_(divide_up(larger_, length)),
      blocks_per_epoch_(blocks_up_to(batches_per_epoch_)),
      borders_(std::move(borders)) {
  updates_ = epochs * batches_per_epoch_;
  const bool are_blocks = limit == Limit::blocks && length != 1;
  if (updates != 0 && !are_blocks) updates_ = std::min(updates_, updates);
  border_ = next_border();
  open(0);
  if (updates != 0 && are_blocks) limit_to(updates);
}

bool WorkPlan::open_next() {
  if (end_ == updates_) return false;
  open(end_);
  return true;
}

/// In mini-batches; the end of the plan where there is none before that.
std::uint64_t WorkPlan::next_border() {
  if (!borders_) return updates_;
  const std::uint64_t border = borders_();
  if (border / examples_ > updates_ / batches_per_epoch_) return updates_;
  return std::min(updates_, border / examples_ * batches_per_epoch_ +
                                batches_up_to(static_cast<std::size_t>(border % examples_)));
}

/// Opens the segment that begins with this mini-batch.
void WorkPlan::open(std::uint64_t first_update) {
  while (border_ <= first_update && border_ < updates_) border_ = next_border();
  end_ = border_;
  first_block_ = blocks_;
  const std::uint64_t epoch = first_update / batches_per_epoch_;
  const std::uint64_t first = first_update - epoch * batches_per_epoch_;
  head_block_ = first_block_;
  head_epoch_ = epoch + (first == 0 ? 0 : 1);
  for (const bool larger : {true, false}) {
    Piece& piece = head_[larger ? 0 : 1];
    piece = {};
    if (first == 0) continue;
    piece.first = larger ? first : std::max(first, larger_);
    piece.end = std::min(larger ? larger_ : batches_per_epoch_, end_ - epoch * batches_per_epoch_);
    if (piece.first < piece.end) piece.blocks = divide_up(piece.end - piece.first, length_);
    head_block_ += piece.blocks;
  }
  blocks_ = head_block_;
  if (end_ <= head_epoch_ * batches_per_epoch_) return;
  const std::uint64_t rest = end_ - head_epoch_ * batches_per_epoch_;
  blocks_ +=
      rest / batches_per_epoch_ * blocks_per_epoch_ + blocks_up_to(rest % batches_per_epoch_);
}

/// Mini-batches of an epoch that reach this position.
std::uint64_t WorkPlan::batches_up_to(std::size_t position) const {
  const std::uint64_t of_larger = larger_ * (small_ + 1);
  if (position <= of_larger) return divide_up(position, small_ + 1);
  return larger_ + divide_up(position - of_larger, small_);
}

/// Without borders.
void WorkPlan::limit_to(std::uint64_t blocks) {
  if (blocks >= blocks_) return;
  const Block last = block(blocks - 1);
  blocks_ = blocks;
  updates_ = end_ = last.first_update + (last.end - last.begin) / last.batch;
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

Block WorkPlan::between(std::uint64_t first, std::uint64_t last, std::uint64_t epoch) const {
  return {epoch,
          position(first),
          position(last),
          small_ + (first < larger_ ? 1 : 0),
          epoch * batches_per_epoch_ + first,
          epoch * examples_ + position(last)};
}

Block WorkPlan::block_of_head(std::uint64_t k) const {
  const Piece& piece = k < head_[0].blocks ? head_[0] : head_[1];
  if (&piece == &head_[1]) k -= head_[0].blocks;
  const std::uint64_t first = piece.first + k * length_;
  return between(first, std::min(first + length_, piece.end), head_epoch_ - 1);
}

Block WorkPlan::block(std::uint64_t k) const {
  if (k < head_block_) return block_of_head(k - first_block_);
  k -= head_block_;
  // The only division here: where a block is one update of one example, they are felt.
  const std::uint64_t epochs = k / blocks_per_epoch_, epoch = head_epoch_ + epochs;
  const std::uint64_t in_epoch = k - epochs * blocks_per_epoch_;
  const bool is_larger = in_epoch < blocks_of_larger_;
  const std::uint64_t first =
      is_larger ? in_epoch * length_ : larger_ + (in_epoch - blocks_of_larger_) * length_;
  const std::uint64_t last = std::min({first + length_, is_larger ? larger_ : batches_per_epoch_,
                                       end_ - epoch * batches_per_epoch_});
  return between(first, last, epoch);
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
  open(0, plan.blocks());
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
