// Sums over all ranks of a vector that every rank has one of: by the MPI library's own choice, or
// written out over messages between two ranks.
//
//   ring                the vector falls into P chunks; in P − 1 steps each rank passes a chunk,
//                       with its own part added, to the next rank, and in P − 1 more the finished
//                       chunks go round                           (Patarasuk & Yuan 2009)
//   recursive-doubling  ranks whose numbers differ in one bit exchange whole vectors and add, bit
//                       by bit; beyond the largest power of two, a rank hands its vector to a
//                       partner before and has the sum from it after    (Thakur et al. 2005)
//   tree                along a binomial tree to rank 0, and back
//
// Invariant: all ranks end with the same bits, and the same bits whenever it is done again. In a
// ring and a tree each sum is formed once and copied; in recursive doubling both partners add the
// same two numbers, and a + b = b + a. Of the library's own choice the standard promises neither.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>

#include "backends/simulator/simulation.h"
#include "workloads/real.h"

namespace sgdbench {

/// `values` become the sums over all ranks of `comm`. `scratch` is as long. Returns the bytes that
/// this rank sent; 0 where the library doesn't say. `how` is any that over_processes() takes. Where
/// ranks are delayed, those that wait are better asleep (`sleeps`) than looking for messages.
std::uint64_t all_reduce(AllReduce how, std::span<Real> values, std::span<Real> scratch,
                         MPI_Comm comm, bool sleeps = false);

}  // namespace sgdbench
