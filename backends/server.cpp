#include "backends/server.h"

#include <algorithm>

namespace sgdbench {

Server::Server(Course& course, std::unique_ptr<Protocol> protocol)
    : course_(course),
      protocol_(std::move(protocol)),
      read_versions_(course.seats.size()),
      waiting_(course.seats.size()),
      releases_(course.seats.size()) {
  held_.reserve(course.seats.size());
  directions_.reserve(course.seats.size());
}

void Server::pull(std::size_t worker) {
  course_.seats[worker].compute->read(course_.w(), Access::exclusive);
  read_versions_[worker] = version_;
}

bool Server::push(std::size_t worker, const Stretch& done) {
  if (course_.stop.reason() != Stopped::completed) return false;
  const Direction direction = course_.seats[worker].compute->direction();
  // A worker's share of a round may be empty: it arrives with nothing to apply.
  if (done.begin != done.end) held_.push_back({worker, direction, read_versions_[worker]});
  if (protocol_->arrived(worker) == Decision::hold) return false;
  apply_held(worker, done);
  release_waiting();
  return true;
}

void Server::apply_held(std::size_t worker, const Stretch& done) {
  std::sort(held_.begin(), held_.end(),
            [](const Gradient& a, const Gradient& b) { return a.worker < b.worker; });
  directions_.clear();
  std::uint64_t stalest = 0;
  for (const auto& gradient : held_) {
    directions_.push_back(gradient.direction);
    stalest = std::max(stalest, version_ - gradient.version);
    auto& landed = course_.seats[gradient.worker].examples;
    landed.store(landed.load(std::memory_order_relaxed) + gradient.direction.examples,
                 std::memory_order_relaxed);
  }
  apply(course_.spec.rule, course_.state, directions_, 0, course_.problem.parameters(),
        course_.step(done.epoch, version_, stalest), Access::exclusive);
  held_.clear();
  ++version_;

  Seat& seat = course_.seats[worker];
  seat.updates.store(seat.updates.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  seat.note_staleness(stalest);
  seat.report.last_update = version_;
}

bool Server::may_pull(std::size_t worker) {
  if (protocol_->may_start(worker) || course_.stop.reason() != Stopped::completed) return true;
  waiting_[worker] = 1;
  releases_[worker].clear();
  return false;
}

void Server::release_waiting() {
  for (std::size_t w = 0; w < waiting_.size(); ++w) {
    if (!waiting_[w]) continue;
    if (!protocol_->may_start(w) && course_.stop.reason() == Stopped::completed) continue;
    waiting_[w] = 0;
    releases_[w].raise();
  }
}

void Server::retire(std::size_t worker) {
  protocol_->retire(worker);
  release_waiting();
}

}  // namespace sgdbench
