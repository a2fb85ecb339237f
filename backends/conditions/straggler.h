// Workers that are slower than their distribution says, always or sometimes.
//
//   WORKER:FACTOR            this worker's every gradient takes FACTOR times as long
//   random:P:FACTOR          each gradient of any worker does, with probability P
//   periodic:N:FACTOR        every N-th gradient of each worker does: worker w's gradients w mod N,
//                            w mod N + N, …, counted from 0, so that workers take turns
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sgdbench {

struct Straggler {
  enum class Kind { worker, random, periodic } kind = Kind::worker;
  std::uint64_t which = 0;  ///< the worker, or N
  double probability = 0;
  double factor = 1;  ///< > 0; below 1 is a faster worker
};

/// Several are joined by '+': "0:4+random:0.1:8". Throws UsageError.
std::vector<Straggler> parse_stragglers(std::string_view text);

/// The product of the factors of gradient number `gradient` (from 0) of `worker`.
double slowdown(const std::vector<Straggler>& stragglers, std::uint64_t seed, std::uint64_t worker,
                std::uint64_t gradient);

}  // namespace sgdbench
