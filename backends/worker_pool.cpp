#include "backends/worker_pool.h"

#include <omp.h>

#include <stdexcept>
#include <string>
#include <system_error>

#include "backends/clock.h"
#include "backends/topology.h"

namespace sgdbench {

WorkerPool::WorkerPool(std::size_t workers, bool pin) : workers_(workers) {
  if (!pin) pinned_ = false;
  threads_.reserve(workers);
  try {
    for (std::size_t w = 0; w < workers; ++w) threads_.emplace_back([=, this] { serve(w, pin); });
  } catch (const std::system_error& error) {
    const auto made = threads_.size();
    close();
    throw std::runtime_error("the system gives " + std::to_string(made) + " of " +
                             std::to_string(workers) + " threads: " + error.what());
  }
  run([](Nanoseconds) {}, [](std::size_t) {});  // returns once every thread lives and is pinned
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
