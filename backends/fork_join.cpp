#include "backends/fork_join.h"

#include <omp.h>

#include <stdexcept>
#include <string>
#include <system_error>

#include "backends/adaptive_wait.h"
#include "backends/topology.h"

namespace sgdbench {
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
