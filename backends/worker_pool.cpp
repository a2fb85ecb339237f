#include "backends/worker_pool.h"

#include <omp.h>
#include <sched.h>

#include <exception>
#include <future>
#include <stdexcept>
#include <string>
#include <system_error>

#include "backends/waiting.h"
#include "results/cpu_state.h"

namespace sgdbench {

bool pin_this_thread(std::size_t worker) {
  if (worker >= usable_cpus().size()) return false;
  const auto cpu = static_cast<std::size_t>(usable_cpus()[worker]);
  std::vector<cpu_set_t> mask(cpu / CPU_SETSIZE + 1);
  const std::size_t bytes = mask.size() * sizeof(cpu_set_t);
  CPU_SET_S(cpu, bytes, mask.data());
  return ::sched_setaffinity(0, bytes, mask.data()) == 0;
}

#if defined(__SSE__)
FlushedDenormals::FlushedDenormals() : before_(__builtin_ia32_stmxcsr()) {
  constexpr unsigned kResults = 0x8000, kOperands = 0x0040;
  __builtin_ia32_ldmxcsr(static_cast<unsigned>(before_) | kResults | kOperands);
}
FlushedDenormals::~FlushedDenormals() {
  __builtin_ia32_ldmxcsr(static_cast<unsigned>(before_));
}
#elif defined(__aarch64__)
FlushedDenormals::FlushedDenormals() {
  asm volatile("mrs %0, fpcr" : "=r"(before_));
  asm volatile("msr fpcr, %0" : : "r"(before_ | (std::uint64_t{1} << 24)));
}
FlushedDenormals::~FlushedDenormals() {
  asm volatile("msr fpcr, %0" : : "r"(before_));
}
#else
FlushedDenormals::FlushedDenormals() = default;
FlushedDenormals::~FlushedDenormals() = default;
#endif

WorkerPool::WorkerPool(std::size_t workers, bool pin, Threads threads) : workers_(workers) {
  if (!pin) pinned_ = false;
  try {
    start(pin, threads);
  } catch (...) {
    close();
    throw;
  }
  run([](Nanoseconds) {}, [](std::size_t) {});  // returns once every thread lives and is pinned
}

void WorkerPool::start(bool pin, Threads threads) {
  std::size_t given = 0;
  std::string why;
  try {
    if (threads == Threads::openmp) {
      given = start_team(pin);
      why = "raise OMP_THREAD_LIMIT";
    } else {
      threads_.reserve(workers_);
      for (; given < workers_; ++given)
        threads_.emplace_back([this, worker = given, pin] { serve(worker, pin); });
    }
  } catch (const std::system_error& error) {
    why = error.what();
  }
  if (given != workers_)
    throw std::runtime_error(std::string(threads == Threads::openmp ? "OpenMP" : "the system") +
                             " gives " + std::to_string(given) + " of " + std::to_string(workers_) +
                             " threads: " + why);
}

/// One thread of the pool's own becomes the first of the team. Returns how many there are; where
/// they are too few, none serves.
std::size_t WorkerPool::start_team(bool pin) {
  std::promise<std::size_t> promise;
  auto given = promise.get_future();
  threads_.emplace_back([this, pin, &promise] {
    omp_set_dynamic(0);
#pragma omp parallel num_threads(static_cast <int>(workers_)) default(shared)
    {
      const auto all = static_cast<std::size_t>(omp_get_num_threads());
      const auto worker = static_cast<std::size_t>(omp_get_thread_num());
      if (worker == 0) promise.set_value(all);
      if (all == workers_) serve(worker, pin);
    }
  });
  return given.get();
}

WorkerPool::~WorkerPool() {
  close();
}

void WorkerPool::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void WorkerPool::run(const std::function<void(Nanoseconds)>& started,
                     const std::function<void(std::size_t)>& body) {
  std::unique_lock lock(mutex_);
  started_ = &started;
  body_ = &body;
  running_ = workers_;
  arrived_.store(0, std::memory_order_relaxed);  // published by the mutex
  open_.store(false, std::memory_order_relaxed);
  ++round_;
  wake_.notify_all();
  done_.wait(lock, [this] { return running_ == 0; });
}

void WorkerPool::on_each(const std::function<void(std::size_t)>& body) {
  std::mutex mutex;
  std::exception_ptr first;
  run([](Nanoseconds) {},
      [&](std::size_t worker) {
        try {
          body(worker);
        } catch (...) {
          const std::lock_guard lock(mutex);
          if (!first) first = std::current_exception();
        }
      });
  if (first) std::rethrow_exception(first);
}

void WorkerPool::pass_gate(const std::function<void(Nanoseconds)>& started) {
  if (arrived_.fetch_add(1, std::memory_order_relaxed) + 1 == workers_) {
    started(now());
    open_.store(true, std::memory_order_release);  // what started() wrote is seen behind the gate
    return;
  }
  // Yielding: with more workers than cores, the last one needs a core to arrive.
  while (!open_.load(std::memory_order_acquire)) std::this_thread::yield();
}

void WorkerPool::serve(std::size_t worker, bool pin) {
  const FlushedDenormals flushed;
  omp_set_num_threads(1);  // what a worker calls starts no threads of its own
  if (pin && !pin_this_thread(worker)) pinned_ = false;
  std::uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return closing_ || round_ != seen; });
    if (closing_) return;
    seen = round_;
    const auto* body = body_;
    const auto* started = started_;
    lock.unlock();
    pass_gate(*started);
    (*body)(worker);
    lock.lock();
    if (--running_ == 0) done_.notify_one();
  }
}

}  // namespace sgdbench
