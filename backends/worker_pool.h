// Real threads: created once, tied to cores if wanted, started together, joined before anything is
// merged.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "results/timeline.h"

namespace sgdbench {

/// Ties the calling thread to usable_cpus()[worker]; false where that does not exist or the system
/// refuses.
bool pin_this_thread(std::size_t worker);

/// While it lives, numbers below 2⁻¹²⁶ are 0 in what its thread computes. What fades, as momentum
/// does where no gradient comes, stays among them for ever after, and each step there takes many
/// processors a hundred cycles. Every thread that makes updates has one, in every backend.
class FlushedDenormals {
 public:
  FlushedDenormals();
  ~FlushedDenormals();
  FlushedDenormals(const FlushedDenormals&) = delete;
  FlushedDenormals& operator=(const FlushedDenormals&) = delete;

 private:
  std::uint64_t before_ = 0;  ///< the processor's mode
};

/// body(i) on thread i for all i below `threads`; none begins before all are there, and it returns
/// when all are done. With `pin`, thread i is tied to core i. False, and nothing was done, where so
/// many threads can't be had. No body may throw.
template <class Body>
bool run_together(std::size_t threads, bool pin, const Body& body) {
  std::promise<bool> gate;
  const std::shared_future<bool> complete = gate.get_future().share();
  std::vector<std::thread> members;
  bool all = true;
  try {
    for (std::size_t i = 0; i < threads; ++i)
      members.emplace_back([i, pin, complete, &body] {
        if (!complete.get()) return;
        if (pin) pin_this_thread(i);
        body(i);
      });
  } catch (const std::system_error&) {
    all = false;
  }
  gate.set_value(all);
  for (auto& member : members) member.join();
  return all;
}

/// Whose threads the workers are: the pool's own, or those of an OpenMP team, which the pool keeps
/// in one parallel region as long as it lives. So both are woken, gated and put to sleep alike, and
/// OpenMP's do not spin behind a region's end into what is measured next.
enum class Threads { own, openmp };

/// Thread safety: run() and on_each() are called by one thread at a time.
class WorkerPool {
 public:
  /// Throws std::runtime_error where the system, or OpenMP (OMP_THREAD_LIMIT), gives fewer threads.
  WorkerPool(std::size_t workers, bool pin, Threads threads = Threads::own);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  std::size_t size() const { return workers_; }
  /// Whether every thread could be tied to a core of its own.
  bool pinned() const { return pinned_.load(); }

  /// Calls body(worker) on every thread and returns when all have returned. No body starts before
  /// all threads are awake; the last one to wake calls started(now) first, alone.
  /// Neither may throw: what they throw ends the program.
  void run(const std::function<void(Nanoseconds)>& started,
           const std::function<void(std::size_t)>& body);

  /// The same for what is not timed and may throw: of what is thrown, the first is thrown again.
  void on_each(const std::function<void(std::size_t)>& body);

 private:
  void start(bool pin, Threads threads);
  std::size_t start_team(bool pin);
  void serve(std::size_t worker, bool pin);
  void close();
  void pass_gate(const std::function<void(Nanoseconds)>& started);

  const std::size_t workers_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(Nanoseconds)>* started_ = nullptr;
  const std::function<void(std::size_t)>* body_ = nullptr;
  std::uint64_t round_ = 0;
  std::size_t running_ = 0;
  bool closing_ = false;
  std::atomic<bool> pinned_{true};

  // The start gate: the last thread to arrive reads the clock and opens it.
  alignas(64) std::atomic<std::size_t> arrived_{0};
  alignas(64) std::atomic<bool> open_{false};

  std::vector<std::thread> threads_;
};

}  // namespace sgdbench
