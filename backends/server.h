// A server without a clock and without a thread: versions of the parameters, what is held, what
// work is out, and what the protocol says to all of it. Whoever runs it (threads under a lock, or
// a simulator) brings the time.
//
// The course of one arrival:
//   decision = arrive(worker, direction)      takes what `worker` computed
//   if apply: cancel_rest() and update()      the first names those whose work is thrown away
//   released()                                who may go on
//   pull(worker, task)                        a worker reads the parameters as they are now
//
// A push and the worker's next pull are one critical section wherever the protocol lets the worker
// go on at once, so that versions, and with them staleness, are exact.
//
// Thread safety: none, but for deal(): callers take turns.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "backends/course.h"
#include "backends/dealer.h"
#include "backends/protocols/protocol.h"
#include "backends/replica_mean.h"
#include "workloads/rules/stored_direction.h"

namespace sgdbench {

class Server {
 public:
  /// A gradient, or a trained replica, that is part of the next update.
  struct Held {
    std::size_t worker = 0;
    Task task;
    std::uint64_t version = 0;  ///< that it was computed from
    Direction direction;
    StoredDirection copy;  ///< where its worker goes on and reuses its memory
  };
  /// The trained state [w | v] of an arrival, where replicas travel.
  using ReplicaOf = std::function<std::span<Real>(const Held&)>;

  Server(Course& course, std::unique_ptr<Protocol> protocol);

  const ProtocolTraits& traits() const { return protocol_->traits(); }
  /// Thread safety: any worker may call, for itself.
  std::optional<Task> deal(std::size_t worker) { return dealer_.next(worker); }
  /// Whether a task that is out may come back.
  bool may_return_work() const { return traits().cancels || traits().discards; }
  bool finished() const { return landed_tasks_ == dealer_.tasks(); }

  /// `worker` reads now, for `task`.
  void pull(std::size_t worker, const Task& task);

  /// Takes what `worker` made of its task; `direction` is empty where replicas travel.
  Decision arrive(std::size_t worker, const Direction& direction = {});
  /// Before an update: the workers whose work it throws away; their tasks go back.
  std::span<const std::uint32_t> cancel_rest();
  /// Makes the held arrivals one update.
  void update(const ReplicaOf& replica_of = {});
  /// True if what is held becomes an update now.
  bool retire(std::size_t worker) { return protocol_->retire(worker); }
  std::span<const std::uint32_t> released() const { return protocol_->released(); }

  std::uint64_t version() const { return version_; }  ///< updates made
  /// τ of what `worker` works on, if it arrived now.
  std::uint64_t staleness(std::size_t worker) const {
    return version_ - in_flight_[worker].version;
  }
  /// Examples of the plan that have landed, before the last update and after it.
  std::uint64_t landed_before() const { return landed_before_; }
  std::uint64_t landed() const { return landed_; }
  /// τ of the last update: of its stalest part.
  std::uint64_t stalest() const { return stalest_; }
  std::span<const Held> last_update() const { return std::span(held_).first(applied_); }
  /// What no update has taken yet.
  std::span<const Held> held() const { return std::span(held_).first(count_); }

 private:
  struct InFlight {
    Task task;
    std::uint64_t version = 0;
    bool out = false;
  };
  void hold(std::size_t worker, const InFlight& work, const Direction& direction);
  void apply_gradients();
  void apply_replicas(const ReplicaOf& replica_of);
  void record(std::size_t completer);

  Course& course_;
  std::unique_ptr<Protocol> protocol_;
  Dealer dealer_;
  std::uint64_t version_ = 0;
  std::vector<InFlight> in_flight_;  // per worker
  std::vector<Held> held_;           // the first count_ of them; the rest keeps its memory
  std::size_t count_ = 0;
  std::size_t applied_ = 0;  // of held_, in the last update
  std::vector<Direction> directions_;
  DirectionSum sum_;
  std::vector<std::uint32_t> cancelled_;
  ReplicaMean mean_;
  std::uint64_t stalest_ = 0;
  std::uint64_t landed_before_ = 0, landed_ = 0, landed_tasks_ = 0;
};

/// How a run under a protocol is cut into rounds.
Cut cut_for(const ProtocolTraits& traits, const RunSpec& spec);

}  // namespace sgdbench
