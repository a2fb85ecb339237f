// A loop over cores: threads that sleep between loops and take items one at a time within one.
//
// Thread safety: any number of callers at once; each works on its own loop, and the helpers on the
// one that was started last. A body that starts a loop gets a serial one: the cores are taken.
#include "backends/parallel_for.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace sgdbench {
namespace {

using Body = std::function<void(std::size_t)>;

/// This thread is inside of a loop's body.
thread_local bool inside = false;

/// One call of the loop, on the caller's stack.
struct Loop {
  std::size_t items;
  const Body& body;
  // Relaxed: an item's number is all that is handed over; what the bodies wrote is published to
  // the caller by the pool's mutex when the helpers leave.
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;  // of the first body that threw; guarded by mutex

  void work() {
    inside = true;
    for (auto i = take(); i < items; i = take()) run(i);
    inside = false;
  }

 private:
  std::size_t take() { return next.fetch_add(1, std::memory_order_relaxed); }
  void run(std::size_t i) {
    try {
      body(i);
    } catch (...) {
      next.store(items, std::memory_order_relaxed);  // the others stop at their next item
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
    }
  }
};

class LoopPool {
 public:
  /// The calling thread is one of the `threads`. Fewer helpers where the system refuses.
  explicit LoopPool(std::size_t threads) {
    try {
      for (std::size_t i = 1; i < threads; ++i) helpers_.emplace_back([this] { help(); });
    } catch (const std::system_error&) {
    }
  }
  ~LoopPool() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
    for (auto& helper : helpers_) helper.join();
  }
  LoopPool(const LoopPool&) = delete;
  LoopPool& operator=(const LoopPool&) = delete;

  void run(std::size_t items, const Body& body) {
    if (inside || items <= 1) return serial_for(items, body);
    Loop loop{items, body, {}, {}, {}};
    publish(&loop);
    loop.work();
    retract(&loop);
    if (loop.error) std::rethrow_exception(loop.error);
  }

 private:
  void publish(Loop* loop) {
    {
      const std::lock_guard lock(mutex_);
      loop_ = loop;
      ++round_;
    }
    wake_.notify_all();
  }
  /// After this no helper is inside of the loop, and none can enter it.
  void retract(const Loop* loop) {
    std::unique_lock lock(mutex_);
    if (loop_ == loop) loop_ = nullptr;
    left_.wait(lock, [this] { return helping_ == 0; });
  }
  void help() {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return closing_ || (loop_ != nullptr && round_ != seen); });
      if (closing_) return;
      seen = round_;
      Loop* const loop = loop_;
      ++helping_;
      lock.unlock();
      loop->work();
      lock.lock();
      if (--helping_ == 0) left_.notify_all();
    }
  }

  std::mutex mutex_;  // guards all that follows
  std::condition_variable wake_, left_;
  Loop* loop_ = nullptr;
  std::uint64_t round_ = 0;
  std::size_t helping_ = 0;
  bool closing_ = false;
  std::vector<std::thread> helpers_;
};

}  // namespace

ParallelFor threaded_for(std::size_t threads) {
  if (threads <= 1) return serial_for;
  return [pool = std::make_shared<LoopPool>(threads)](std::size_t n, const Body& body) {
    pool->run(n, body);
  };
}

}  // namespace sgdbench
