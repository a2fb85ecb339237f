// A team of threads that work on one step together, and meet several times within it.
//
// Between two pieces of work there are microseconds, so who waits polls first: for about as long
// as waking a sleeper takes, then it sleeps. Where there are more threads than cores, somebody who
// polls would keep the one he waits for from working, so nobody polls.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "workloads/team.h"

namespace sgdbench {

/// Thread safety: run() is called by one thread at a time, which is the first of the team.
class ForkJoin {
 public:
  /// `pin`: member k is tied to core k; the first one sees to itself.
  ForkJoin(std::size_t threads, bool pin);
  ~ForkJoin();
  ForkJoin(const ForkJoin&) = delete;
  ForkJoin& operator=(const ForkJoin&) = delete;

  /// body(i) on member i for all i below n ≤ threads; returns when all have. No body may throw.
  void run(std::size_t n, const std::function<void(std::size_t)>& body);
  /// Whether every member but the first could be tied to its core.
  bool pinned() const { return pinned_.load(); }

 private:
  /// Where one member but the first is told what to do, and says that it has done it: on a cache
  /// line of its own, odd while there is work for it, even when that is done.
  struct alignas(64) Bell {
    std::atomic<std::uint32_t> rung{0};
  };

  void serve(std::size_t member, bool pin);
  void wait_while(const std::atomic<std::uint32_t>& value, std::uint32_t old) const;
  void close();

  const int polls_;
  const std::function<void(std::size_t)>* body_ = nullptr;  // null: the end
  std::atomic<bool> pinned_{true};
  std::vector<Bell> bells_;
  std::vector<std::thread> members_;
};

/// The team of a ForkJoin that lives as long as it.
Team team_of(std::shared_ptr<ForkJoin> threads, std::size_t count);

}  // namespace sgdbench
