#include "backends/fork_join.h"

#include <omp.h>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "backends/waiting.h"
#include "backends/worker_pool.h"
#include "results/cpu_state.h"

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

/// Threads that sleep between loops. Each caller works on its own loop, and the helpers on the one
/// that was started last.
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

ForkJoin::ForkJoin(std::size_t threads, bool pin)
    : may_poll_(threads <= usable_cpus().size()), pieces_(threads) {
  try {
    for (std::size_t k = 1; k < threads; ++k) members_.emplace_back([=, this] { serve(k, pin); });
  } catch (const std::system_error& error) {
    const auto made = members_.size() + 1;
    close();
    throw std::runtime_error("the system gives " + std::to_string(made) + " of " +
                             std::to_string(threads) + " threads: " + error.what());
  }
  for (std::uint32_t alive; (alive = alive_.load(std::memory_order_acquire)) + 1 < threads;)
    alive_.wait(alive, std::memory_order_acquire);
}

ForkJoin::~ForkJoin() {
  close();
}

void ForkJoin::close() {
  body_ = nullptr;
  for (std::size_t k = 1; k <= members_.size(); ++k) post(pieces_[k]);
  for (auto& member : members_) member.join();
}

/// Release: who takes it sees the body, and all that was computed before. Sequentially consistent,
/// as wherever somebody is notified: notify_one() must not look for sleepers before the change is
/// seen (Signal::raise()).
void ForkJoin::post(Piece& piece) {
  piece.state.fetch_add(posted, std::memory_order_seq_cst);
  piece.state.notify_one();
}

void ForkJoin::run(std::size_t n, const std::function<void(std::size_t)>& body) {
  body_ = &body;
  for (std::size_t k = 1; k < n; ++k) post(pieces_[k]);
  body(0);
  for (std::size_t k = 1; k < n; ++k) take_or_await(pieces_[k], k);
}

void ForkJoin::take_or_await(Piece& piece, std::size_t member) {
  auto state = piece.state.load(std::memory_order_acquire);
  // Acquire, for the failure: the member has begun, or is done and its results are seen.
  if (state % after == posted &&
      piece.state.compare_exchange_strong(state, state - posted + after, std::memory_order_acquire))
    return (*body_)(member);
  if (state % after == taken) wait_while(piece.state, state);
}

/// Acquire: what the one who changed it did before is seen.
void ForkJoin::wait_while(const std::atomic<std::uint32_t>& value, std::uint32_t old) const {
  const auto changed = [&] { return value.load(std::memory_order_acquire) != old; };
  if (may_poll_ && poll(changed, kPollLimit)) return;
  value.wait(old, std::memory_order_acquire);
}

void ForkJoin::serve(std::size_t member, bool pin) {
  const FlushedDenormals flushed;
  omp_set_num_threads(1);  // what a member calls starts no threads of its own
  if (pin && !pin_this_thread(member)) pinned_ = false;
  alive_.fetch_add(1, std::memory_order_seq_cst);
  alive_.notify_one();
  auto& state = pieces_[member].state;
  for (;;) {
    auto seen = state.load(std::memory_order_acquire);
    if (seen % after != posted) {
      wait_while(state, seen);
      continue;
    }
    if (!state.compare_exchange_strong(seen, seen - posted + taken, std::memory_order_acquire))
      continue;
    if (!body_) return;
    (*body_)(member);
    state.fetch_add(after - taken, std::memory_order_seq_cst);
    state.notify_one();
  }
}

Team team_of(std::shared_ptr<ForkJoin> threads, std::size_t count) {
  if (count == 1) return {};
  return {count, [threads = std::move(threads)](std::size_t n, const auto& body) {
            threads->run(n, body);
          }};
}

}  // namespace sgdbench
