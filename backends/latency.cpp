#include "backends/latency.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <vector>

#include "backends/barrier.h"
#include "backends/together.h"
#include "results/statistics.h"

namespace sgdbench {
namespace {

constexpr std::size_t kBatch = 50;  // meetings timed together
constexpr std::size_t kBatches = 100;
constexpr Nanoseconds kPatience = 500'000'000;
constexpr std::size_t kWakes = 100;

/// Meetings in batches. The first worker looks at the clock and ends them by naming a batch that
/// nobody has left yet.
class Meetings {
 public:
  explicit Meetings(std::size_t workers) : barrier_(workers, workers <= usable_cpus().size()) {}

  void attend(std::size_t me) {
    const Nanoseconds deadline = now() + kPatience;
    for (std::size_t batch = 0; batch <= last_.load(std::memory_order_relaxed); ++batch) {
      // Relaxed: a meeting publishes it.
      if (me == 0 && now() > deadline) last_.store(batch, std::memory_order_relaxed);
      meet(me);
      const Nanoseconds start = now();
      for (std::size_t i = 0; i < kBatch; ++i) meet(me);
      if (me == 0) times_.push_back(static_cast<double>(now() - start) / kBatch);
    }
  }
  const std::vector<double>& times() const { return times_; }

 private:
  void meet(std::size_t me) {
    barrier_.arrive(me);
    barrier_.wait(me);
  }
  Barrier barrier_;
  std::atomic<std::size_t> last_{kBatches - 1};
  std::vector<double> times_;  // the first worker's
};

}  // namespace

std::optional<double> barrier_ns(std::size_t workers, bool pin) {
  if (workers < 2) return std::nullopt;
  Meetings meetings(workers);
  if (!run_together(workers, pin, [&](std::size_t i) { meetings.attend(i); })) return std::nullopt;
  return meetings.times().empty() ? std::nullopt : std::optional(median(meetings.times()));
}

std::optional<double> wake_up_ns() {
  std::atomic<Nanoseconds> call{0};  // when the sleeper was woken; 0: it may sleep
  std::atomic<bool> ready{false};
  std::vector<double> delays;
  const bool done = run_together(2, false, [&](std::size_t i) {
    for (std::size_t wake = 0; wake < kWakes; ++wake) {
      if (i == 0) {
        ready = true;
        ready.notify_one();
        call.wait(0);
        delays.push_back(static_cast<double>(now() - call.exchange(0)));
      } else {
        ready.wait(false);
        ready = false;
        std::this_thread::sleep_for(std::chrono::microseconds(333));
        call = now();
        call.notify_one();
      }
    }
  });
  return done ? std::optional(median(delays)) : std::nullopt;
}

ClockCost clock_cost() {
  constexpr int kReadings = 50'000;
  ClockCost cost;
  const Nanoseconds start = now();
  Nanoseconds last = start;
  for (int i = 0; i < kReadings; ++i) {
    const Nanoseconds reading = now();
    const auto step = static_cast<double>(reading - last);
    if (step > 0 && (cost.resolution_ns == 0 || step < cost.resolution_ns))
      cost.resolution_ns = step;
    last = reading;
  }
  cost.call_ns = static_cast<double>(last - start) / kReadings;
  return cost;
}

}  // namespace sgdbench
