#include <doctest/doctest.h>

#include <set>
#include <utility>
#include <vector>

#include "backends/simulator/event_queue.h"
#include "workloads/random.h"

using namespace sgdbench;

namespace {

using Ordered = std::multiset<std::pair<double, std::uint32_t>>;

/// Random updates, ties and cancellations, each followed by a comparison.
void follow(std::size_t workers, int steps, std::uint64_t seed) {
  Random random(seed);
  EventQueue queue(workers);
  Ordered oracle;
  std::vector<double> times(workers, EventQueue::kNever);
  for (int i = 0; i < steps; ++i) {
    const auto w = static_cast<std::uint32_t>(random.below(workers));
    const auto known = oracle.find({times[w], w});
    if (known != oracle.end()) oracle.erase(known);
    // Few different times, so that many are equal.
    times[w] = random.below(4) == 0 ? EventQueue::kNever : static_cast<double>(random.below(8)) / 4;
    queue.update(w, times[w]);
    if (times[w] != EventQueue::kNever) oracle.insert({times[w], w});
    REQUIRE(queue.time_of(w) == times[w]);
    if (oracle.empty()) {
      REQUIRE(queue.earliest().time == EventQueue::kNever);
    } else {
      REQUIRE(queue.earliest().time == oracle.begin()->first);
      REQUIRE(queue.earliest().worker == oracle.begin()->second);
    }
  }
}

}  // namespace

TEST_CASE("The earliest event is an ordered set's, whatever the number of workers") {
  for (const std::size_t workers : {1u, 2u, 3u, 5u, 8u, 31u, 64u, 100u})
    follow(workers, 2000, workers);
}

TEST_CASE("Of events at one time, the lowest worker number's is first, whoever came first") {
  EventQueue queue(1000);
  for (std::uint32_t w = 1000; w-- > 0;) queue.update(w, 2.5);
  for (std::uint32_t w = 0; w < 1000; ++w) {
    REQUIRE(queue.earliest().worker == w);
    queue.cancel(w);
  }
  CHECK(queue.earliest().time == EventQueue::kNever);
}

TEST_CASE("Negative zero is zero") {
  EventQueue queue(2);
  queue.update(0, 0.0);
  queue.update(1, -0.0);
  CHECK(queue.earliest().worker == 0);
  queue.update(0, 1.0);
  CHECK(queue.earliest().worker == 1);
}

TEST_CASE("A million workers' events come in order") {
  constexpr std::uint32_t kWorkers = 1'000'000;
  EventQueue queue(kWorkers);
  Random random(1);
  for (std::uint32_t w = 0; w < kWorkers; ++w) queue.update(w, random.uniform());
  double last = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto event = queue.earliest();
    REQUIRE(event.time >= last);
    last = event.time;
    queue.cancel(event.worker);
  }
}
