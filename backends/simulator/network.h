// What a synchronous exchange costs that needs no server.
#pragma once

#include <cstddef>

#include "backends/simulator/simulation.h"

namespace sgdbench {

/// What an all-reduce of `bytes` among `workers` costs after the last one has arrived:
///
///   ring   2(P − 1)α + 2(P − 1)/P · n/β     (Patarasuk & Yuan 2009)
///   tree   2⌈log₂ P⌉ · (α + n/β)            (reduce, then broadcast)
///
/// Not for AllReduce::server, whose cost arises on its link. β = 0: unlimited.
Seconds all_reduce_time(AllReduce how, std::size_t workers, Seconds latency, double bytes,
                        double bandwidth);

}  // namespace sgdbench
