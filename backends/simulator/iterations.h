// The iterations of simulated workers: how long their gradients and messages take, and what each
// worker spent its time on.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "backends/conditions/conditions.h"
#include "backends/conditions/distribution.h"
#include "backends/run_spec.h"
#include "results/timeline.h"

namespace sgdbench {

/// Draws from the distributions of a run. Every draw is by seed, worker and number: the same under
/// every protocol.
class Durations {
 public:
  /// `spec` must outlive this.
  explicit Durations(const RunSpec& spec)
      : spec_(spec),
        delays_(spec.conditions.delays_compute()),
        latencies_(!spec.conditions.latency.is_zero()),
        services_(!spec.simulation.service.is_zero()) {
    const auto& cluster = spec.simulation.cluster;
    for (std::size_t k = 0; k < cluster.size(); ++k)
      class_of_.insert(class_of_.end(), cluster[k].workers, static_cast<std::uint32_t>(k));
  }

  /// Of a worker's own computing times.
  std::uint64_t stream(std::size_t worker) const {
    return stream_of(spec_.seed, worker, Purpose::compute);
  }
  /// Of `count` gradients from number `first` on; `stream` is the worker's.
  Seconds compute(std::size_t worker, std::uint64_t stream, std::uint64_t first,
                  std::uint64_t count) const {
    const Distribution& distribution = distribution_of(worker);
    Seconds sum = 0;
    for (std::uint64_t i = first; i < first + count; ++i) {
      const Seconds own = distribution.draw(stream, i);
      sum += delays_ ? compute_time(spec_.conditions, spec_.seed, worker, i, own) : own;
    }
    return sum;
  }
  /// Of message `number`: what it takes beside its turn on the link.
  Seconds latency(std::size_t worker, std::uint64_t number, Purpose purpose) const {
    return latencies_ ? message_latency(spec_.conditions, spec_.seed, worker, number, purpose) : 0;
  }
  Seconds service(std::size_t worker, std::uint64_t number) const {
    if (!services_) return 0;
    return spec_.simulation.service.draw(stream_of(spec_.seed, worker, Purpose::service), number);
  }

 private:
  const Distribution& distribution_of(std::size_t worker) const {
    return class_of_.empty() ? spec_.simulation.compute_time
                             : spec_.simulation.cluster[class_of_[worker]].compute;
  }

  const RunSpec& spec_;
  bool delays_, latencies_, services_;
  std::vector<std::uint32_t> class_of_;  // per worker, where there is a cluster
};

inline Nanoseconds to_nanoseconds(Seconds t) {
  return static_cast<Nanoseconds>(t * 1e9 + 0.5);
}

/// One iteration of a worker: pull, compute, push.
struct Iteration {
  Seconds queued = 0;    ///< its pull has the link
  Seconds pulled = 0;    ///< it has the parameters
  Seconds computed = 0;  ///< it has the gradient
  Seconds arrival = 0;   ///< its push is at the server
};

/// The update that a gradient became (0: none), and its own τ.
struct Landed {
  std::uint64_t update = 0, staleness = 0;
};

/// What each worker spent its time on, and, where it is asked for, the timeline.
///
/// The idea: when a worker is let go, its wait is over, and all of its iteration up to its arrival
/// is known; that is accounted for at the end of it, or of what became of it when it was cancelled.
///
/// Invariant: a worker's phases sum to the time up to which it is accounted for, to the nanosecond:
/// each boundary between two phases is rounded once.
class Accounts {
 public:
  /// `slices` per track of the timeline; 0: there is none.
  Accounts(std::size_t workers, std::size_t slices) : accounts_(workers), records_(slices != 0) {
    if (!records_) return;
    numbers_.resize(workers);
    timeline_.has_server = true;
    timeline_.tracks.assign(workers + 1, Track(slices));
  }

  /// It is let go at `now`, for its iteration of this number, from 1.
  void begin(std::size_t worker, Seconds now, const Iteration& iteration, std::uint64_t number) {
    spend(worker, Activity::wait, now);
    accounts_[worker].now = iteration;
    if (records_) numbers_[worker] = number;
  }
  /// Its iteration has ended, and the server's link was at its push in [begin, end]. Its gradient
  /// is part of `update` (0: of none), `staleness` updates after it was read.
  void arrived(std::size_t worker, Seconds begin, Seconds end, std::uint64_t update,
               std::uint64_t staleness) {
    Account& account = accounts_[worker];
    const Landed landed{update, update == 0 ? 0 : staleness};
    spend_iteration(worker, account.now.arrival, landed);
    spend(worker, Activity::queue, begin);
    spend(worker, Activity::push, end, landed);
    account.now.arrival = kNone;
  }
  /// What it does is cut off at `now`; returns whether it had begun to compute.
  bool cut(std::size_t worker, Seconds now) {
    Account& account = accounts_[worker];
    const bool busy = account.now.arrival != kNone, had_begun = busy && account.now.pulled <= now;
    if (busy) spend_iteration(worker, now, {});
    account.now.arrival = kNone;
    spend(worker, Activity::wait, now);
    return had_begun;
  }
  /// The server made an update.
  void updated(Seconds begin, Seconds end, std::uint64_t update, std::uint64_t staleness) {
    if (!records_) return;
    timeline_.tracks.back().add(
        {to_nanoseconds(begin), to_nanoseconds(end), Activity::apply, 0, update, staleness});
  }
  Nanoseconds spent(std::size_t worker, Phase phase) const {
    return phase == Phase::observe ? 0 : accounts_[worker].spent[static_cast<std::size_t>(phase)];
  }
  Timeline take_timeline() { return std::move(timeline_); }

 private:
  static constexpr Seconds kNone = -1;  ///< the arrival of who does nothing

  /// One cache line: with many workers, fetching it is most of the cost. Nobody observes here.
  struct alignas(64) Account {
    Iteration now{.arrival = kNone};
    std::array<Nanoseconds, kPhases - 1> spent{};  // of compute, wait, communicate, queue

    Nanoseconds until() const { return spent[0] + spent[1] + spent[2] + spent[3]; }
  };
  static_assert(sizeof(Account) == 64);
  static_assert(static_cast<std::size_t>(Phase::observe) == kPhases - 1);

  /// What followed was `activity`.
  void spend(std::size_t worker, Activity activity, Seconds end, Landed landed = {}) {
    Account& account = accounts_[worker];
    const Nanoseconds until = to_nanoseconds(end);
    if (records_) [[unlikely]]
      record(worker, activity, until, landed);
    account.spent[static_cast<std::size_t>(phase_of(activity))] += until - account.until();
  }
  /// Until `limit`, if it has not ended before.
  void spend_iteration(std::size_t worker, Seconds limit, Landed landed) {
    const Iteration& now = accounts_[worker].now;
    spend(worker, Activity::queue, std::min(now.queued, limit));
    spend(worker, Activity::pull, std::min(now.pulled, limit));
    spend(worker, Activity::compute, std::min(now.computed, limit));
    spend(worker, Activity::push, std::min(now.arrival, limit), landed);
  }
  /// A push that became an update has its slice also where it took no time.
  void record(std::size_t worker, Activity activity, Nanoseconds end, Landed landed) {
    const Nanoseconds begin = accounts_[worker].until();
    if (end == begin && landed.update == 0) return;
    const std::uint64_t gradient = activity == Activity::wait ? 0 : numbers_[worker];
    timeline_.tracks[worker].add({begin, end, activity, gradient, landed.update, landed.staleness});
  }

  std::vector<Account> accounts_;
  bool records_;
  std::vector<std::uint64_t> numbers_;  // of each worker's iteration, where that is recorded
  Timeline timeline_;
};

}  // namespace sgdbench
