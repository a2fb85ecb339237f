#include "backends/work_queue.h"

namespace sgdbench {

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
