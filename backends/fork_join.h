// Teams of threads: one whose members take the items of a loop (loading, evaluation), and one whose
// members work on one step of training together.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "workloads/parallel.h"

namespace sgdbench {

/// A ParallelFor on `threads` threads that live as long as it (and its copies) do; items are
/// handed out one at a time, in order. With one thread it is serial_for. Any number of callers at
/// once, each with a loop of its own; a body that starts a loop gets a serial one, for the cores
/// are taken.
ParallelFor threaded_for(std::size_t threads);

/// Threads that work on one step together, and meet several times within it.
///
/// Between two pieces of work there are microseconds, so who waits polls first: for about as long
/// as waking a sleeper takes, then it sleeps. Where there are more threads than cores, somebody who
/// polls would keep the one he waits for from working, so nobody polls. And nobody waits for a
/// member that has not begun, because its core is taken by another program: the first one does that
/// piece too. So a busy machine costs the help, and little more.
///
/// Thread safety: run() is called by one thread at a time, which is the first of the team.
class ForkJoin {
 public:
  /// `pin`: member k is tied to core k; the first one sees to itself.
  /// Returns once every member lives, and is pinned.
  ForkJoin(std::size_t threads, bool pin);
  ~ForkJoin();
  ForkJoin(const ForkJoin&) = delete;
  ForkJoin& operator=(const ForkJoin&) = delete;

  /// body(i) for all i below n ≤ threads, on member i or, where that is late, on the first one;
  /// returns when all have. No body may throw.
  void run(std::size_t n, const std::function<void(std::size_t)>& body);
  /// Whether every member but the first could be tied to its core.
  bool pinned() const { return pinned_.load(); }

 private:
  /// One piece of work, on a cache line of its own: state = 4·(pieces before it) + where it stands.
  /// Whoever moves it on from `posted` runs it.
  struct alignas(64) Piece {
    std::atomic<std::uint32_t> state{0};
  };
  enum Standing : std::uint32_t { done = 0, posted = 1, taken = 2, after = 4 };

  void post(Piece& piece);
  void take_or_await(Piece& piece, std::size_t member);
  void serve(std::size_t member, bool pin);
  void wait_while(const std::atomic<std::uint32_t>& value, std::uint32_t old) const;
  void close();

  const bool may_poll_;
  const std::function<void(std::size_t)>* body_ = nullptr;  // null: the end
  std::atomic<bool> pinned_{true};
  std::atomic<std::uint32_t> alive_{0};  // members whose thread runs, and is pinned
  std::vector<Piece> pieces_;
  std::vector<std::thread> members_;
};

/// The team of a ForkJoin that lives as long as it.
Team team_of(std::shared_ptr<ForkJoin> threads, std::size_t count);

}  // namespace sgdbench
