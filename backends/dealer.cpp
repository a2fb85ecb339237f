#include "backends/dealer.h"

namespace sgdbench {

Dealer::Dealer(const WorkPlan& plan, std::size_t shares, Assign assign, std::size_t workers)
    : plan_(plan),
      shares_(shares),
      tasks_(plan.stretches() * shares),
      piles_(assign == Assign::dynamic ? 1 : workers) {}

std::optional<Task> Dealer::next(std::size_t worker) {
  Pile& pile = pile_of(worker);
  // Relaxed: a task that comes back this moment is dealt a moment later.
  if (pile.returns.load(std::memory_order_relaxed) != 0)
    if (const auto number = take_returned(pile)) return task(*number);
  const std::uint64_t taken = pile.taken.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t number = piles_.size() == 1 ? taken : taken * piles_.size() + worker;
  if (number >= tasks_) return {};
  return task(number);
}

std::optional<std::uint64_t> Dealer::take_returned(Pile& pile) {
  const std::lock_guard lock(returning_);
  if (pile.returned.empty()) return {};
  const std::uint64_t number = pile.returned.top();
  pile.returned.pop();
  pile.returns.store(pile.returned.size(), std::memory_order_relaxed);
  return number;
}

void Dealer::give_back(std::size_t worker, const Task& task) {
  const std::lock_guard lock(returning_);
  Pile& pile = pile_of(worker);
  pile.returned.push(task.number);
  pile.returns.store(pile.returned.size(), std::memory_order_relaxed);
}

Task Dealer::task(std::uint64_t number) const {
  Task task;
  task.number = number;
  task.round = plan_.stretch(shares_ == 1 ? number : number / shares_);
  task.share = shares_ == 1 ? 0 : number % shares_;
  task.shares = shares_;
  // Divisions only where there is something to divide: at batch 1 they are felt.
  const std::size_t size = task.round.end - task.round.begin;
  task.steps = size == task.round.batch ? 1 : size / task.round.batch;
  task.examples = size;
  if (shares_ == 1) return task;
  const Stretch first = task.step(0);
  task.examples = task.steps * (first.end - first.begin);
  return task;
}

}  // namespace sgdbench
