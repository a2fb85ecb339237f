// Gradient sums of all ranks, on all ranks.
//
// Dense ones are summed by an all-reduce (all_reduce.h). Sparse ones go to all ranks as they are,
// coordinates and values, where their supports together are no longer than w: then nothing is
// summed on the way, and every rank adds them up in the order of ranks. A ring moves 2(P − 1)/P of
// 4n bytes over each link, a gathering (P − 1)/P of 8 bytes an entry: with n entries in all they
// are even. Beyond that, sparse ones are summed as dense ones.
//
// What can't be known from the parameters (that somebody's round is the last, or was cut short)
// travels with the gradients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backends/mpi/communicator.h"
#include "backends/simulator/simulation.h"
#include "backends/work_queue.h"
#include "workloads/rules/rule.h"

namespace sgdbench {

/// What a rank says of a round beside its gradient, or any rank said.
struct RoundSignal {
  bool last = false;  ///< the run ends behind it
  bool cut = false;   ///< it is no update, and the run ends
};

class GradientExchange {
 public:
  /// Takes all memory that it needs. `dense`: so are the gradients. References must outlive it.
  GradientExchange(const Communicator& ranks, AllReduce how, const Rule& rule, bool dense);

  /// Who waits for others sleeps from now on, or does not.
  void sleep(bool sleeps) { sleeps_ = sleeps; }
  /// By all ranks together. `mine` is null where this rank has no example of the round. Where the
  /// round was cut short there is nothing to apply.
  RoundSignal exchange(const GradientSum* mine, RoundSignal signal, const Block& round);

  /// Makes the update of what was exchanged.
  void apply(std::span<Real> state, UpdateStep step);

 private:
  static constexpr std::size_t kSignals = 2;
  static constexpr std::size_t kEntry = sizeof(std::uint32_t) + sizeof(Real);
  struct Header {
    std::uint32_t entries = 0, signal = 0;
  };

  RoundSignal sum(const GradientSum* mine, RoundSignal signal, const Block& round);
  void gather(const GradientSum* mine, const Block& round);
  void wait(MPI_Request& request) const;

  const Communicator& ranks_;
  const AllReduce how_;
  const Rule& rule_;
  const bool dense_;
  bool sleeps_ = false;
  AlignedVector<Real> values_, scratch_;  // dense sums, and the signals behind them
  std::vector<Header> headers_;
  std::vector<int> sizes_, places_;  // in entries
  AlignedVector<std::byte> sent_, received_;
  std::vector<GradientSum> sums_;
  std::size_t active_ = 0;  // of sums_
  GradientTotal total_;
};

}  // namespace sgdbench
