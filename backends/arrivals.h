// What workers have in flight and what waits to become an update: a server's bookkeeping, whatever
// is in its messages. A server with parameters (server.h) and a timing study without any
// (Tally, in simulator/center.h) are both made of it, so that versions, τ, what is held and what is
// cancelled are counted in one place.
//
// Invariant: a worker has at most one thing in flight, read at one version; what arrives is thrown
// away or held, and every update takes all that is held.
//
// Thread safety: none: callers take turns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "backends/protocols/protocol.h"

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
  /// Takes what `worker` has in flight; fill(held, flight) says the rest of what is held.
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

}  // namespace sgdbench
