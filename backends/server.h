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
// go on at once, so that versions, and with them staleness, are exact. No call takes memory, once
// each protocol has held the most that it ever does.
//
// What workers have in flight and what waits to become an update is counted in one place, Arrivals,
// whatever is in the messages: Server is made of it, and so is a timing study without parameters
// (Tally, in simulator/center.h).
//
// Invariant: a worker has at most one thing in flight, read at one version; what arrives is thrown
// away or held, and every update takes all that is held.
//
// Thread safety: none: callers take turns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "backends/protocols/protocol.h"
#include "workloads/problem.h"
#include "workloads/real.h"
#include "workloads/rules/compensation.h"
#include "workloads/rules/gradient_sum.h"

namespace sgdbench {

/// What is known of each worker.
struct InFlight {
  static constexpr std::uint64_t kNone = UINT64_MAX;
  std::uint64_t version = kNone;  ///< of the parameters that it reads; kNone: nothing is in flight
};

/// A push that is part of an update, or waits for one.
struct Arrival {
  std::size_t worker = 0;
  std::uint64_t version = 0;  ///< updates that were in the parameters that it was computed from
};

/// `Flight` is an InFlight, and `Held` an Arrival, with what else is to be known.
template <class Flight, class Held>
class Arrivals {
 public:
  /// Takes all memory that there is need of, but for what `Held` takes.
  Arrivals(std::unique_ptr<Protocol> protocol, std::size_t workers)
      : protocol_(std::move(protocol)), in_flight_(workers), held_(traits().arrivals) {
    if (traits().cancels) cancelled_.reserve(workers);
  }

  /// The same protocol from its beginning, where nothing is in flight or held: versions go on.
  void reopen(std::unique_ptr<Protocol> protocol) { protocol_ = std::move(protocol); }

  const ProtocolTraits& traits() const { return protocol_->traits(); }
  /// Whether there may be work later for a worker for whom there is none now: some that is out may
  /// come back. A worker whose own is thrown away takes it again, so that nobody has to wait for
  /// it.
  bool may_return_work() const {
    return traits().cancels || (traits().discards() && !traits().paced);
  }

  /// Before an update: the workers whose work it throws away, for the host to give back.
  std::span<const std::uint32_t> cancel_rest() {
    cancelled_.clear();
    if (!traits().cancels) return cancelled_;
    for (std::uint32_t worker = 0; worker < in_flight_.size(); ++worker)
      if (std::exchange(in_flight_[worker].version, InFlight::kNone) != InFlight::kNone)
        cancelled_.push_back(worker);
    return cancelled_;
  }
  /// True if what is held becomes an update now.
  bool retire(std::size_t worker) { return protocol_->retire(worker); }
  std::span<const std::uint32_t> released() const { return protocol_->released(); }

  std::uint64_t version() const { return version_; }  ///< updates made
  /// τ of what `worker` works on, if it arrived now.
  std::uint64_t staleness(std::size_t worker) const {
    return version_ - in_flight_[worker].version;
  }
  /// Of the last update: the worker that completed it, and τ of its stalest part.
  std::size_t completer() const { return completer_; }
  std::uint64_t stalest() const { return stalest_; }
  /// Pieces of work that have landed.
  std::uint64_t landed_work() const { return landed_work_; }
  /// What no update has taken yet.
  std::span<const Held> held() const { return std::span(held_).first(count_); }

 protected:
  /// Takes what `worker` has in flight; fill(held, flight) says the rest of what is held. What
  /// becomes of it, the protocol decides: async applies it at once and lets its worker go on.
  template <class Fill>
  Decision arrive(std::size_t worker, Fill fill) {
    Flight& flight = in_flight_[worker];
    const std::uint64_t version = std::exchange(flight.version, InFlight::kNone);
    const Decision decision = protocol_->arrived(worker, version_ - version);
    if (decision == Decision::discard) return decision;
    if (count_ == held_.size()) held_.emplace_back();
    Held& held = held_[count_++];
    held.worker = worker;
    held.version = version;
    fill(held, flight);
    return decision;
  }
  /// What is held becomes an update: all of it, in the order of its arrival; visit(held, its τ).
  template <class Visit>
  std::span<Held> begin_update(Visit visit) {
    const std::span<Held> landing = std::span(held_).first(count_);
    completer_ = landing.back().worker;
    stalest_ = 0;
    for (const Held& held : landing) {
      const std::uint64_t staleness = version_ - held.version;
      stalest_ = std::max(stalest_, staleness);
      visit(held, staleness);
    }
    return landing;
  }
  void end_update() {
    ++version_;
    landed_work_ += count_;
    count_ = 0;
  }

  std::unique_ptr<Protocol> protocol_;
  std::uint64_t version_ = 0;
  std::vector<Flight> in_flight_;  // per worker
  std::vector<Held> held_;         // the first count_ of them; the rest keeps its memory
  std::size_t count_ = 0;
  std::vector<std::uint32_t> cancelled_;
  std::size_t completer_ = 0;
  std::uint64_t stalest_ = 0, landed_work_ = 0;
};

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

/// Whether a worker takes several mini-batches at once, each of which it pushes on its own.
inline bool pushes_blocks(const ProtocolTraits& traits) {
  return traits.exchange == Exchange::gradient && traits.arrivals == 1 && !traits.cancels &&
         !traits.discards();
}

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

  /// `state` is [w | the rule's]; it, `rule` and `step` must outlive this. All memory is taken
  /// here, so that none is asked for under a host's lock.
  Server(std::unique_ptr<Protocol> protocol, std::size_t workers, std::span<Real> state,
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
    if (traits().exchange == Exchange::average) mean_.begin(state.size());
    if (traits().exchange != Exchange::gradient || alone_) return;
    gradient_sums_.reserve(traits().arrivals);
    rule.reserve(sum_);
  }

  /// Takes all memory that gradient sums of so many examples, of workers that go on, may need.
  void reserve_copies(std::size_t examples) {
    for (auto& held : held_) rule_.reserve(held.copy, examples, wants_read());
  }

  /// Whether every update is one gradient, as it was made.
  bool lands_alone() const { return alone_; }
  /// Whether a push says what its gradient was computed at.
  bool wants_read() const { return compensation_.corrects(); }

  /// `worker` reads now, for `work`.
  void pull(std::size_t worker, const Work& work) { in_flight_[worker] = {{version_}, work}; }
  /// What `worker` last pulled for.
  const Work& work(std::size_t worker) const { return in_flight_[worker].work; }

  /// Takes what `worker` made of its work. What is discarded is its host's to give back.
  Decision arrive(std::size_t worker, const Push& push = {}) {
    return Arrivals::arrive(worker, [&](Held& held, const Working& working) {
      held.work = working.work;
      held.push = push;
      if (push.stored == nullptr) return;
      std::swap(held.copy, *push.stored);
      held.push.gradient_sum = held.copy.view();
    });
  }
  /// Makes the held arrivals one update; returns them in the order of the plan, so that the result
  /// does not depend on who was faster.
  std::span<const Held> update(const ReplicaOf& replica_of = {}) {
    landed_before_ = landed_;
    const std::span<Held> landing =
        begin_update([&](const Held& held, std::uint64_t) { landed_ += held.work.examples; });
    if (count_ > 1)
      std::sort(landing.begin(), landing.end(),
                [](const Held& a, const Held& b) { return a.work.number < b.work.number; });
    if (traits().exchange == Exchange::gradient)
      apply_gradients(landing);
    else
      apply_replicas(landing, replica_of);
    end_update();
    return landing;
  }

  /// Examples that have landed, before the last update and after it.
  std::uint64_t landed_before() const { return landed_before_; }
  std::uint64_t landed() const { return landed_; }

 private:
  /// γ of the update that is being made.
  UpdateStep step(std::uint64_t epoch) {
    if (epoch != epoch_) epoch_step_ = step_size_.during(epoch_ = epoch);
    return epoch_step_.of(version_, damping_.next(stalest_));
  }

  void apply_gradients(std::span<const Held> landing) {
    const Held& last = landing.back();
    // A gradient that lands alone, its worker applies: w ← w − γ·g of plain sgd, or else the rule.
    if (last.push.maker != nullptr) return last.push.maker->commit(state_, step(last.work.epoch));
    gradient_sums_.clear();
    // A worker's share may be empty: it arrived with nothing to apply.
    for (std::size_t i = 0; i < landing.size(); ++i)
      if (const auto& sum = landing[i].push.gradient_sum; sum.examples != 0)
        gradient_sums_.push_back(wants_read() ? compensation_.correct(sum, state_, i) : sum);
    if (gradient_sums_.empty()) return;
    rule_.apply(state_, gradient_sums_, 0, rule_.parameters(), step(last.work.epoch),
                Access::exclusive, nullptr, &sum_);
    if (!rule_.remembers_examples()) return;
    for (const auto& gradient_sum : gradient_sums_) rule_.remember(state_, gradient_sum);
  }

  void apply_replicas(std::span<const Held> landing, const ReplicaOf& replica_of) {
    if (traits().exchange == Exchange::elastic) {
      for (const Held& held : landing)
        meet(replica_of(held).first(rule_.parameters()), state_.first(rule_.parameters()),
             static_cast<Real>(traits().alpha));
      return;
    }
    mean_.begin(state_.size());
    for (const Held& held : landing)
      if (held.work.examples != 0) mean_.add(replica_of(held), held.work.examples);
    mean_.write(state_);
  }

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
