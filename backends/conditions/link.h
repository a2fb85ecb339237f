// The link on which all messages of a run travel: the server's, or where parameters are shared
// without one, that of the memory where they are. One arithmetic for real threads, which sleep
// until their turn is over, and for the simulator, whose clock moves on.
//
// The α–β model: a message of n bytes takes α + n/β, latency and bandwidth (Hockney 1994).
// Latencies pass side by side. Bytes pass one message after the other: the link is half duplex and
// first come first served. A turn that was reserved is used, whatever becomes of its message.
//
// A pull has its turn as soon as its worker is let go, and is under way afterwards; a push is under
// way first, and has its turn when it arrives. Workers that are let go together share the link for
// their pulls, in one turn of all, as fair connections do: all of them have their parameters at its
// end.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "backends/conditions/distribution.h"
#include "results/timeline.h"

namespace sgdbench {

/// When a message has the link.
template <class Time>
struct Turn {
  Time begin{}, end{};
};

/// The turn of what comes at `now` and takes the link for `taken`, which is not free before `free`.
template <class Time>
Turn<Time> turn_behind(Time free, Time now, Time taken) {
  const Time begin = std::max(now, free);
  return {begin, begin + taken};
}

/// The messages of a run, or of one of its workers: those that had a turn.
struct Traffic {
  std::uint64_t pulls = 0, pushes = 0;
  double pull_bytes = 0, push_bytes = 0;  ///< of all of them

  void add(const Traffic& more) {
    pulls += more.pulls;
    pushes += more.pushes;
    pull_bytes += more.pull_bytes;
    push_bytes += more.push_bytes;
  }
};

/// How long a message has the link. Of S servers each has a link and a processor of its own and 1/S
/// of every message:  n/(S·β) + service/S.
class LinkSpeed {
 public:
  /// β = 0: unlimited.
  LinkSpeed(std::size_t shards, double bandwidth)
      : per_byte_(bandwidth > 0 ? 1 / (static_cast<double>(shards) * bandwidth) : 0),
        per_service_(1 / static_cast<double>(shards)) {}

  bool is_limited() const { return per_byte_ > 0; }
  Seconds time_of(double bytes, Seconds service) const {
    return bytes * per_byte_ + service * per_service_;
  }

 private:
  double per_byte_, per_service_;
};

/// The link of a simulation. Thread safety: none.
class Link {
 public:
  explicit Link(LinkSpeed speed) : speed_(speed) {}

  /// The turn of a message that comes at `now`, behind all that were reserved before.
  Turn<Seconds> reserve(Seconds now, double bytes, Seconds service) {
    const auto turn = next(now, bytes, service);
    busy_ += turn.end - turn.begin;
    free_ = turn.end;
    return turn;
  }
  /// The turn that it would have.
  Turn<Seconds> next(Seconds now, double bytes, Seconds service) const {
    return turn_behind(free_, now, speed_.time_of(bytes, service));
  }

  /// For how long it has been taken up to `end`, from which on nothing came.
  Seconds busy(Seconds end) const { return busy_ - std::max(0.0, free_ - end); }

 private:
  LinkSpeed speed_;
  Seconds free_ = 0, busy_ = 0;
};

/// The link of a run on real threads.
/// Thread safety: any worker may reserve at any time. Relaxed: a turn orders times, not memory.
class SharedLink {
 public:
  explicit SharedLink(LinkSpeed speed) : speed_(speed) {}

  bool is_limited() const { return speed_.is_limited(); }
  Turn<Nanoseconds> reserve(Nanoseconds now, std::uint64_t bytes) {
    const auto taken = static_cast<Nanoseconds>(
        std::min(speed_.time_of(static_cast<double>(bytes), 0), kLongest) * 1e9);
    Nanoseconds free = free_.load(std::memory_order_relaxed);
    Turn<Nanoseconds> turn;
    do turn = turn_behind(free, now, taken);
    while (!free_.compare_exchange_weak(free, turn.end, std::memory_order_relaxed));
    busy_.fetch_add(taken, std::memory_order_relaxed);
    return turn;
  }
  /// As above; after the join.
  Nanoseconds busy(Nanoseconds end) const {
    const Nanoseconds free = free_.load(std::memory_order_relaxed);
    return busy_.load(std::memory_order_relaxed) - (free > end ? free - end : 0);
  }

 private:
  static constexpr Seconds kLongest = 1e6;  // of one message: sums of many are no overflow

  LinkSpeed speed_;
  alignas(64) std::atomic<Nanoseconds> free_{std::numeric_limits<Nanoseconds>::min()};
  std::atomic<Nanoseconds> busy_{0};
};

/// The pulls of workers that real threads let go together.
/// Thread safety: members may join and ask at any time. Who opens it again need not wait for those
/// who are late: they find that it is another one, and have their own turns. Relaxed, as above.
class PullGroup {
 public:
  /// For another set of workers; returns what they know it by.
  std::uint64_t open() {
    begin_.store(std::numeric_limits<Nanoseconds>::max(), std::memory_order_relaxed);
    end_.store(std::numeric_limits<Nanoseconds>::min(), std::memory_order_relaxed);
    return number_.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  void join(std::uint64_t number, Turn<Nanoseconds> own) {
    if (number != number_.load(std::memory_order_relaxed)) return;
    for (auto begin = begin_.load(std::memory_order_relaxed);
         own.begin < begin &&
         !begin_.compare_exchange_weak(begin, own.begin, std::memory_order_relaxed);) {
    }
    for (auto end = end_.load(std::memory_order_relaxed);
         own.end > end && !end_.compare_exchange_weak(end, own.end, std::memory_order_relaxed);) {
    }
  }
  /// The turn of all who have joined, one of whom has had its `own`.
  Turn<Nanoseconds> turn(std::uint64_t number, Turn<Nanoseconds> own) const {
    const Turn<Nanoseconds> all{std::min(own.begin, begin_.load(std::memory_order_relaxed)),
                                std::max(own.end, end_.load(std::memory_order_relaxed))};
    return number == number_.load(std::memory_order_relaxed) ? all : own;
  }

 private:
  std::atomic<std::uint64_t> number_{0};
  std::atomic<Nanoseconds> begin_{0}, end_{0};
};

/// A worker's place among those that it was let go with.
struct PullTicket {
  PullGroup* group = nullptr;  ///< null: it was let go alone
  std::uint64_t number = 0;
};

}  // namespace sgdbench
