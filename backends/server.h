// A server without a run, a clock or a thread: it changes the parameters by a rule, follows a
// protocol, and returns what happened. Whoever hosts it (threads under a lock, or a simulator)
// brings the time and the work, and books what landed.
//
// One arrival:
//   decision = arrive(worker, push)           takes what `worker` computed
//   if apply: cancel_rest() and update()      the first names those whose work is thrown away
//   released()                                who may go on
//   pull(worker, work)                        a worker reads the parameters as they are now
//
// A push and the worker's next pull are one critical section wherever the protocol lets the worker
// go on at once, so that versions, and with them staleness, are exact. No call takes memory.
//
// Thread safety: none: callers take turns.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "backends/arrivals.h"
#include "workloads/problem.h"
#include "workloads/real.h"
#include "workloads/rules/compensation.h"
#include "workloads/rules/gradient_sum.h"

namespace sgdbench {

/// The mean of replicas:  x̄ = ∑ nᵢ·xᵢ / ∑ nᵢ,  nᵢ the examples that replica i was trained on. Sums
/// in double, in the order of add(): the same bits whoever trained the replicas.
class ReplicaMean {
 public:
  void begin(std::size_t size) {
    sum_.assign(size, 0.0);
    weight_ = 0;
  }
  void add(std::span<const Real> replica, std::size_t examples) {
    const auto weight = static_cast<double>(examples);
    for (std::size_t i = 0; i < sum_.size(); ++i) sum_[i] += weight * double{replica[i]};
    weight_ += weight;
  }
  /// `mean` stays as it is where nothing was added.
  void write(std::span<Real> mean) const {
    if (weight_ == 0) return;
    for (std::size_t i = 0; i < sum_.size(); ++i) mean[i] = static_cast<Real>(sum_[i] / weight_);
  }

 private:
  std::vector<double> sum_;
  double weight_ = 0;
};

/// d = xᵢ − x̃,  xᵢ ← xᵢ − α·d,  x̃ ← x̃ + α·d    (Zhang, Choromanska & LeCun 2015, algorithm 1)
/// Departure: they take the gradient of a replica's next step before it meets the centre; here it
/// has met the centre when it goes on.
inline void meet(std::span<Real> replica, std::span<Real> centre, Real alpha) {
  for (std::size_t i = 0; i < centre.size(); ++i) {
    const Real d = alpha * (replica[i] - centre[i]);
    replica[i] -= d;
    centre[i] += d;
  }
}

/// What a worker computes between a pull and the push that follows: all that a server has to know.
struct Work {
  std::uint64_t number = 0;  ///< in the order of the plan
  std::uint64_t epoch = 0;   ///< for the step size
  std::size_t examples = 0;
  std::size_t gradients = 0;  ///< mini-batches that it has a part in
};

/// What a worker hands over: nothing where it is a replica, which the host knows.
struct Push {
  GradientSum gradient_sum;
  /// Where its worker goes on while it is held: the same, in memory that is exchanged for other.
  StoredGradient* stored = nullptr;
  /// In place of the above where the server lands_alone(): who made it commits it.
  Worker* maker = nullptr;
};

/// What of a replica's `state` = [w | state of the rule] is in a message: all of it where replicas
/// are averaged, for the rule's state is averaged too.
inline std::span<const Real> travelling(const ProtocolTraits& traits, std::span<const Real> state,
                                        std::span<const Real> w) {
  return traits.exchange == Exchange::average ? state : w;
}

/// An arrival with what it brought.
struct Held : Arrival {
  Work work;
  Push push;
  StoredGradient copy;  ///< what push.stored was
};

/// A worker with what it works on, or worked on last.
struct Working : InFlight {
  Work work;
};

class Server : public Arrivals<Working, Held> {
 public:
  /// The trained state [w | v] of an arrival, where replicas travel.
  using ReplicaOf = std::function<std::span<Real>(const Held&)>;

  /// `state` is [w | the rule's]; it, `rule` and `step` must outlive this.
  Server(std::unique_ptr<Protocol> protocol, std::size_t workers, std::span<Real> state,
         const Rule& rule, const StepSize& step);

  /// Takes all memory that gradient sums of so many examples, of workers that go on, may need.
  void reserve_copies(std::size_t examples);

  /// Whether every update is one gradient, as it was made.
  bool lands_alone() const { return alone_; }
  /// Whether a push says what its gradient was computed at.
  bool wants_read() const { return compensation_.corrects(); }

  /// `worker` reads now, for `work`.
  void pull(std::size_t worker, const Work& work) { in_flight_[worker] = {{version_}, work}; }
  /// What `worker` last pulled for.
  const Work& work(std::size_t worker) const { return in_flight_[worker].work; }

  /// Takes what `worker` made of its work. What is discarded is its host's to give back.
  Decision arrive(std::size_t worker, const Push& push = {});
  /// Makes the held arrivals one update; returns them in the order of the plan.
  std::span<const Held> update(const ReplicaOf& replica_of = {});

  /// Examples that have landed, before the last update and after it.
  std::uint64_t landed_before() const { return landed_before_; }
  std::uint64_t landed() const { return landed_; }

 private:
  UpdateStep step(std::uint64_t epoch);
  void apply_gradients();
  void apply_replicas(const ReplicaOf& replica_of);

  bool alone_;
  std::span<Real> state_;
  const Rule& rule_;
  const StepSize& step_size_;
  StalenessDamping damping_;
  Compensation compensation_;
  EpochStep epoch_step_{};  // of the epoch of the last update
  std::uint64_t epoch_ = 0;

  std::vector<GradientSum> gradient_sums_;
  GradientTotal sum_;
  ReplicaMean mean_;
  std::uint64_t landed_before_ = 0, landed_ = 0;
};

}  // namespace sgdbench
