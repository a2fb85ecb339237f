#include "backends/server.h"

#include <algorithm>

namespace sgdbench {

Cut cut_for(const ProtocolTraits& traits, const RunSpec& spec) {
  return {spec.batch * traits.arrivals, traits.steps, WorkPlan::Limit::stretches};
}

Server::Server(Course& course, std::unique_ptr<Protocol> protocol)
    : course_(course),
      protocol_(std::move(protocol)),
      dealer_(course.plan, traits().arrivals, course.spec.assign, course.seats.size()),
      in_flight_(course.seats.size()) {}

void Server::pull(std::size_t worker, const Task& task) {
  in_flight_[worker] = {task, version_, true};
}

Decision Server::arrive(std::size_t worker, const Direction& direction) {
  InFlight& work = in_flight_[worker];
  work.out = false;
  const Decision decision = protocol_->arrived(worker, version_ - work.version);
  if (decision == Decision::discard) {
    course_.seats[worker].report.dropped += work.task.examples;
    dealer_.give_back(worker, work.task);
  } else {
    hold(worker, work, direction);
  }
  return decision;
}

void Server::hold(std::size_t worker, const InFlight& work, const Direction& direction) {
  if (count_ == held_.size()) held_.emplace_back();
  Held& held = held_[count_++];
  held.worker = worker;
  held.task = work.task;
  held.version = work.version;
  held.direction = direction;
  if (!traits().overlaps || traits().exchange != Exchange::gradient) return;
  held.copy.assign(direction);
  held.direction = held.copy.view();
}

std::span<const std::uint32_t> Server::cancel_rest() {
  cancelled_.clear();
  if (!traits().cancels) return cancelled_;
  for (std::uint32_t worker = 0; worker < in_flight_.size(); ++worker) {
    InFlight& work = in_flight_[worker];
    if (!work.out) continue;
    work.out = false;
    dealer_.give_back(worker, work.task);
    cancelled_.push_back(worker);
  }
  return cancelled_;
}

void Server::update(const ReplicaOf& replica_of) {
  const std::size_t completer = held_[count_ - 1].worker;
  // In the order of the plan, so that the result does not depend on who was faster.
  std::sort(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(count_),
            [](const Held& a, const Held& b) { return a.task.number < b.task.number; });
  stalest_ = 0;
  for (std::size_t i = 0; i < count_; ++i)
    stalest_ = std::max(stalest_, version_ - held_[i].version);
  if (traits().exchange == Exchange::gradient)
    apply_gradients();
  else
    apply_replicas(replica_of);
  record(completer);
}

void Server::apply_gradients() {
  directions_.clear();
  // A worker's share may be empty: it arrived with nothing to apply.
  for (std::size_t i = 0; i < count_; ++i)
    if (held_[i].direction.examples != 0) directions_.push_back(held_[i].direction);
  if (directions_.empty()) return;
  const Stretch& round = held_[count_ - 1].task.round;
  apply(course_.spec.rule, course_.state, directions_, 0, course_.problem.parameters(),
        course_.step(round.epoch, version_, stalest_), Access::exclusive, nullptr, &sum_);
}

void Server::apply_replicas(const ReplicaOf& replica_of) {
  if (traits().exchange == Exchange::elastic) {
    for (std::size_t i = 0; i < count_; ++i)
      meet(replica_of(held_[i]).first(course_.w().size()), course_.w(),
           static_cast<Real>(traits().alpha));
    return;
  }
  mean_.begin(course_.state.size());
  for (std::size_t i = 0; i < count_; ++i)
    if (const auto examples = held_[i].task.examples) mean_.add(replica_of(held_[i]), examples);
  mean_.write(course_.state);
}

void Server::record(std::size_t completer) {
  landed_before_ = landed_;
  for (std::size_t i = 0; i < count_; ++i) {
    const Held& held = held_[i];
    const std::size_t examples = held.task.examples;
    Seat& seat = course_.seats[held.worker];
    seat.examples.store(seat.examples.load(std::memory_order_relaxed) + examples,
                        std::memory_order_relaxed);
    if (examples != 0) seat.note_staleness(version_ - held.version, held.task.gradients());
    seat.report.last_update = version_ + 1;
    if (course_.spec.landings)
      seat.report.landings.push_back({version_ + 1, held.worker, held.task, held.version});
    landed_ += examples;
  }
  // The update is the work of whoever completed it.
  Seat& seat = course_.seats[completer];
  seat.updates.store(seat.updates.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  ++version_;
  landed_tasks_ += count_;
  applied_ = count_;
  count_ = 0;
}

}  // namespace sgdbench
