// The versioned server of a parameter server inside one process.
//
// It has no thread of its own: a worker that pushes does the server's work, inside the server's
// lock. A push and the worker's next pull are one critical section wherever the protocol lets the
// worker go on at once, so that versions, and with them staleness, are exact.
//
// Thread safety: everything but wait_for_release() is called with mutex() held.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "backends/adaptive_wait.h"
#include "backends/course.h"
#include "backends/protocol.h"

namespace sgdbench {

class Server {
 public:
  Server(Course& course, std::unique_ptr<Protocol> protocol);

  std::mutex& mutex() { return mutex_; }
  bool in_rounds() const { return protocol_->in_rounds(); }

  /// Copies what the prepared block of `worker` needs; remembers the version.
  void pull(std::size_t worker);

  /// Takes the current direction of `worker`, made from `done`. Whatever the protocol applies now
  /// becomes one update. True if an update was applied. After a stop nothing is taken any more:
  /// workers that were let go early may have overwritten what is held.
  bool push(std::size_t worker, const Stretch& done);

  /// True if `worker` may pull now; else it must leave the lock, wait_for_release() and lock again.
  bool may_pull(std::size_t worker);
  void wait_for_release(std::size_t worker) { releases_[worker].wait(); }

  /// `worker` ends. If the run was stopped early, everybody who waits is let go.
  void retire(std::size_t worker);

 private:
  struct Gradient {
    std::size_t worker;
    Direction direction;
    std::uint64_t version;  // that it was computed from
  };
  void apply_held(std::size_t worker, const Stretch& done);
  void release_waiting();

  Course& course_;
  std::unique_ptr<Protocol> protocol_;
  std::mutex mutex_;
  std::uint64_t version_ = 0;  // updates applied
  std::vector<Gradient> held_;
  std::vector<Direction> directions_;  // of held_, in worker order
  std::vector<std::uint64_t> read_versions_;
  std::vector<unsigned char> waiting_;
  std::vector<Signal> releases_;
};

}  // namespace sgdbench
