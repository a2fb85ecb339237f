#include "backends/fork_join.h"

#include <omp.h>

#include <stdexcept>
#include <string>
#include <system_error>

#include "backends/adaptive_wait.h"
#include "backends/topology.h"

namespace sgdbench {
namespace {

/// Some tens of microseconds.
constexpr int kTeamPolls = 5 * kPolls;

}  // namespace

ForkJoin::ForkJoin(std::size_t threads, bool pin)
    : polls_(threads <= usable_cpus().size() ? kTeamPolls : 0), bells_(threads) {
  try {
    for (std::size_t k = 1; k < threads; ++k) members_.emplace_back([=, this] { serve(k, pin); });
  } catch (const std::system_error& error) {
    const auto made = members_.size() + 1;
    close();
    throw std::runtime_error("the system gives " + std::to_string(made) + " of " +
                             std::to_string(threads) + " threads: " + error.what());
  }
  run(threads, [](std::size_t) {});  // returns once every member lives and is pinned
}

ForkJoin::~ForkJoin() {
  close();
}

void ForkJoin::close() {
  body_ = nullptr;
  for (std::size_t k = 1; k <= members_.size(); ++k) {
    bells_[k].rung.fetch_add(1, std::memory_order_release);
    bells_[k].rung.notify_one();
  }
  for (auto& member : members_) member.join();
}

void ForkJoin::run(std::size_t n, const std::function<void(std::size_t)>& body) {
  body_ = &body;
  // Release: the member sees the body, and all that was computed before.
  for (std::size_t k = 1; k < n; ++k) {
    bells_[k].rung.fetch_add(1, std::memory_order_release);
    bells_[k].rung.notify_one();
  }
  body(0);
  for (std::size_t k = 1; k < n; ++k) {
    const auto rung = bells_[k].rung.load(std::memory_order_acquire);
    if (rung % 2 != 0) wait_while(bells_[k].rung, rung);
  }
}

/// Acquire: what the one who changed it did before is seen.
void ForkJoin::wait_while(const std::atomic<std::uint32_t>& value, std::uint32_t old) const {
  for (int i = 0; i < polls_; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    relax();
  }
  value.wait(old, std::memory_order_acquire);
}

void ForkJoin::serve(std::size_t member, bool pin) {
  omp_set_num_threads(1);  // what a member calls starts no threads of its own
  if (pin && !pin_this_thread(member)) pinned_ = false;
  auto& rung = bells_[member].rung;
  for (std::uint32_t done = 0;; done += 2) {
    wait_while(rung, done);
    if (!body_) return;
    (*body_)(member);
    rung.store(done + 2, std::memory_order_release);
    rung.notify_one();
  }
}

Team team_of(std::shared_ptr<ForkJoin> threads, std::size_t count) {
  if (count == 1) return {};
  return {count, [threads = std::move(threads)](std::size_t n, const auto& body) {
            threads->run(n, body);
          }};
}

}  // namespace sgdbench
