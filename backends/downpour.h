// Shared parameters of which every worker owns a copy, its replica. A worker trains on its replica
// alone and now and then exchanges: what it has changed is added to the shared parameters, and what
// the others have added meanwhile is taken over,
//
//   shared ← shared + (w − base),    w, base ← shared
//
// base being the replica as the last exchange left it. Nothing is lost, whatever the others do.
// Where no other worker came between, shared ← w says the same without a rounding; and where there
// is no other one, nobody asks for a base.
//
// Thread safety: parameters are exchanged in chunks, each under its own lock, so that several
// workers exchange at once, in different places. A chunk is written under its lock alone, through
// racy::store, so that whoever observes the curve may copy it without the lock and sees whole
// numbers, each a moment old. A replica belongs to its worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "backends/run.h"

namespace sgdbench {

/// One worker's copy.
struct alignas(64) Replica {
  AlignedVector<Real> state;           ///< [w | state of the rule], the latter never exchanged
  AlignedVector<Real> base;            ///< w as the last exchange left it
  std::vector<std::uint64_t> landed;   ///< per chunk, the exchanges that were in it by then
  std::atomic<std::uint64_t> made{0};  ///< steps
};

class SharedParameters {
 public:
  /// `w` must outlive this.
  explicit SharedParameters(std::span<Real> w);

  /// Makes `replica` a copy of the shared parameters; before the workers start.
  void copy_to(Replica& replica, std::size_t state_size) const;

  /// Exchanges everything. Returns how many exchanges of others landed since the last one in the
  /// chunk where most did: the staleness of what the replica has learnt is at most that, and just
  /// that where is_exact(). Workers begin at different chunks. The context's stopwatch is left in
  /// phase communicate, for its gradient of this number.
  std::uint64_t exchange(Replica& replica, std::size_t worker, std::size_t workers,
                         WorkerContext& context, std::uint64_t gradient = 0);

  /// Exchanges that have landed; after the join.
  std::uint64_t landed() const { return chunks_.front().landed; }
  /// Whether all parameters of an exchange are equally stale.
  bool is_exact() const { return chunks_.size() == 1; }

 private:
  static constexpr std::size_t kChunk = 4096;  // parameters: some microseconds under the lock

  struct alignas(64) Chunk {
    std::mutex mutex;
    std::uint64_t landed = 0;
  };
  /// Exchanges one chunk, whose lock is held, as the only worker if `alone`; returns how many
  /// exchanges of others landed in it.
  std::uint64_t merge(Replica& replica, std::size_t chunk, bool alone);

  std::span<Real> w_;
  std::vector<Chunk> chunks_;
};

}  // namespace sgdbench
