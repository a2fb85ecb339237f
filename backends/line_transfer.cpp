// The price of a cache line: two threads send one to and fro; half the median round trip is one
// way.
#include <atomic>
#include <chrono>
#include <system_error>
#include <thread>
#include <vector>

#include "backends/adaptive_wait.h"
#include "backends/probe.h"
#include "backends/topology.h"
#include "results/statistics.h"

namespace sgdbench {
namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using namespace std::chrono_literals;

/// The line that goes to and fro. Even: the first player's turn, odd: the second's.
struct Court {
  static constexpr std::uint32_t kBatch = 50;  // round trips timed together
  static constexpr std::uint32_t kBatches = 40;
  static constexpr auto kPatience = 10ms;  // for all of it: players may share one core

  alignas(64) std::atomic<std::uint32_t> ball{0};
  // Relaxed: it stops the game a little later if seen a little later.
  alignas(64) std::atomic<bool> over{false};
  Time deadline = Clock::now() + kPatience;

  /// Hands the ball back; false when the game is over. Acquire and release: a turn follows all
  /// that was before. `yields` counts how often this player gave up its core meanwhile.
  bool play(std::uint32_t turn, std::size_t& yields) {
    for (int polls = 0; ball.load(std::memory_order_acquire) != turn; ++polls) {
      relax();
      if (polls % 256 != 255) continue;
      if (over.load(std::memory_order_relaxed)) return false;
      if (Clock::now() > deadline) over.store(true, std::memory_order_relaxed);
      std::this_thread::yield();  // the other player may need this core
      ++yields;
    }
    ball.store(turn + 1, std::memory_order_release);
    return true;
  }
};

/// Nanoseconds of each whole batch. One in which this player yielded measured the scheduler: the
/// players shared a core, or the other one had none.
std::vector<double> serve(Court& court) {
  std::vector<double> batches;
  std::uint32_t turn = 0;
  for (std::uint32_t batch = 0; batch < Court::kBatches; ++batch) {
    std::size_t yields = 0;
    const Time begin = Clock::now();
    for (std::uint32_t trip = 0; trip < Court::kBatch; ++trip, turn += 2)
      if (!court.play(turn, yields)) return batches;
    const std::chrono::duration<double, std::nano> time = Clock::now() - begin;
    if (yields == 0) batches.push_back(time.count());
  }
  return batches;
}

}  // namespace

std::optional<double> line_transfer_ns(bool pin) try {
  Court court;
  std::thread other([&court, pin] {
    if (pin) pin_this_thread(1);
    std::size_t yields = 0;
    for (std::uint32_t turn = 1; court.play(turn, yields);) turn += 2;
  });
  std::vector<double> batches;
  {
    const AffinityGuard guard;
    if (pin) pin_this_thread(0);
    batches = serve(court);
  }
  court.over.store(true, std::memory_order_relaxed);
  other.join();
  if (batches.empty()) return std::nullopt;
  return median(batches) / (2.0 * Court::kBatch);
} catch (const std::system_error&) {  // no thread to be had
  return std::nullopt;
}

}  // namespace sgdbench
