#include "backends/server.h"

#include <algorithm>
#include <utility>

namespace sgdbench {

Server::Server(std::unique_ptr<Protocol> protocol, std::size_t workers, std::span<Real> state,
               const Rule& rule, const StepSize& step)
    : Arrivals(std::move(protocol), workers),
      alone_(traits().arrivals == 1 && traits().exchange == Exchange::gradient &&
             !needs(step.policy, kNeedsReadParameters)),
      state_(state),
      rule_(rule),
      step_size_(step),
      damping_(step.policy, step.workers),
      compensation_(step, rule.parameters(), traits().arrivals),
      epoch_step_(step.during(0)) {
  // All memory is taken here, so that none is asked for under a host's lock.
  if (traits().exchange == Exchange::average) mean_.begin(state.size());
  if (traits().exchange != Exchange::gradient || alone_) return;
  gradient_sums_.reserve(traits().arrivals);
  rule.reserve(sum_);
}

void Server::reserve_copies(std::size_t examples) {
  for (auto& held : held_) rule_.reserve(held.copy, examples, wants_read());
}

Decision Server::arrive(std::size_t worker, const Push& push) {
  return Arrivals::arrive(worker, [&](Held& held, const Working& working) {
    held.work = working.work;
    held.push = push;
    if (push.stored == nullptr) return;
    std::swap(held.copy, *push.stored);
    held.push.gradient_sum = held.copy.view();
  });
}

std::span<const Held> Server::update(const ReplicaOf& replica_of) {
  landed_before_ = landed_;
  const std::span<Held> landing =
      begin_update([&](const Held& held, std::uint64_t) { landed_ += held.work.examples; });
  // In the order of the plan, so that the result does not depend on who was faster.
  if (count_ > 1)
    std::sort(landing.begin(), landing.end(),
              [](const Held& a, const Held& b) { return a.work.number < b.work.number; });
  if (traits().exchange == Exchange::gradient)
    apply_gradients();
  else
    apply_replicas(replica_of);
  end_update();
  return landing;
}

/// γ of the update that is being made.
UpdateStep Server::step(std::uint64_t epoch) {
  if (epoch != epoch_) epoch_step_ = step_size_.during(epoch_ = epoch);
  return epoch_step_.of(version_, damping_.next(stalest_));
}

void Server::apply_gradients() {
  const Held& last = held_[count_ - 1];
  if (last.push.maker != nullptr) return last.push.maker->commit(state_, step(last.work.epoch));
  gradient_sums_.clear();
  // A worker's share may be empty: it arrived with nothing to apply.
  for (std::size_t i = 0; i < count_; ++i)
    if (const auto& sum = held_[i].push.gradient_sum; sum.examples != 0)
      gradient_sums_.push_back(wants_read() ? compensation_.correct(sum, state_, i) : sum);
  if (gradient_sums_.empty()) return;
  rule_.apply(state_, gradient_sums_, 0, rule_.parameters(), step(last.work.epoch),
              Access::exclusive, nullptr, &sum_);
  if (!rule_.remembers_examples()) return;
  for (const auto& gradient_sum : gradient_sums_) rule_.remember(state_, gradient_sum);
}

void Server::apply_replicas(const ReplicaOf& replica_of) {
  if (traits().exchange == Exchange::elastic) {
    for (std::size_t i = 0; i < count_; ++i)
      meet(replica_of(held_[i]).first(rule_.parameters()), state_.first(rule_.parameters()),
           static_cast<Real>(traits().alpha));
    return;
  }
  mean_.begin(state_.size());
  for (std::size_t i = 0; i < count_; ++i)
    if (const auto examples = held_[i].work.examples) mean_.add(replica_of(held_[i]), examples);
  mean_.write(state_);
}

}  // namespace sgdbench
