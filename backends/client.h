// Where one worker stands with a server on real threads (parameter_server.cpp).
//
// Thread safety: may_go, waiting and cancelled belong to whoever holds the server's lock; all else
// belongs to the worker.
#pragma once

#include <atomic>
#include <cstdint>

#include "backends/conditions/link.h"
#include "backends/loops.h"
#include "backends/server.h"
#include "backends/waiting.h"
#include "backends/work_queue.h"

namespace sgdbench {

/// Where one worker stands with the server.
struct alignas(64) Client {
  Task task;       ///< what it took last: a block, or its share of a round
  BlockWalk walk;  ///< of that, where gradients travel
  Work next;       ///< what it pulls for next; what it pulled for, the server knows
  bool has_next = false, has_pulled = false;
  bool may_go = true;              ///< the protocol lets it start
  bool waiting = false;            ///< for `release`
  bool cancelled = false;          ///< nobody wants what it works on
  PullTicket release_ticket;       ///< of those that the protocol let start together
  PullTicket ticket;               ///< of those that it was let go with
  std::uint64_t gradient = 0;      ///< number of what it works on among this worker's, from 1
  std::atomic<bool> woken{false};  ///< `release` is to be raised
  Signal release;
  StoredGradient stored;        ///< what it pushes, where it goes on while that is held
  AlignedVector<Real> replica;  ///< [w | state of the rule], where replicas travel
};

/// Whether a worker takes several mini-batches at once, each of which it pushes on its own.
inline bool pushes_blocks(const ProtocolTraits& traits) {
  return traits.exchange == Exchange::gradient && traits.arrivals == 1 && !traits.cancels &&
         !traits.discards();
}

}  // namespace sgdbench
