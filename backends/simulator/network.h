// What messages cost beyond their latency: the server's link, and all-reduce.
//
// The α–β model: a message of n bytes takes α + n/β, latency and bandwidth (Hockney 1994). Here α
// is Conditions::latency and β Conditions::bandwidth. Bytes are charged once, on the link of the
// server, which all workers share; a worker's own link adds latency alone. On real threads a
// message pays latency and bytes on a link of its worker's own: for one worker both are the same.
#pragma once

#include <algorithm>
#include <cstddef>

#include "backends/simulator/simulation.h"

namespace sgdbench {

/// The link of a server, half duplex and first come first served; each of its S shards has a link
/// and a processor of its own and 1/S of every message:  end = start + n/(S·β) + service/S.
class Link {
 public:
  struct Turn {
    Seconds begin, end;
  };

  /// β = 0: unlimited.
  Link(std::size_t shards, double bandwidth)
      : per_byte_(bandwidth > 0 ? 1 / (static_cast<double>(shards) * bandwidth) : 0),
        per_service_(1 / static_cast<double>(shards)) {}

  /// The turn of a message that comes at `now`, behind all that were reserved before.
  Turn reserve(Seconds now, double bytes, Seconds service) {
    const Seconds begin = std::max(now, free_);
    free_ = begin + bytes * per_byte_ + service * per_service_;
    return {begin, free_};
  }

 private:
  double per_byte_, per_service_;
  Seconds free_ = 0;
};

/// What an all-reduce of `bytes` among `workers` costs after the last one has arrived:
///
///   ring   2(P − 1)α + 2(P − 1)/P · n/β     (Patarasuk & Yuan 2009)
///   tree   2⌈log₂ P⌉ · (α + n/β)            (reduce, then broadcast)
///
/// Not for AllReduce::server, whose cost arises on its link. β = 0: unlimited.
Seconds all_reduce_time(AllReduce how, std::size_t workers, Seconds latency, double bytes,
                        double bandwidth);

}  // namespace sgdbench
