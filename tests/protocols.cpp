#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "backends/protocols/protocol.h"
#include "backends/server.h"
#include "workloads/names.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

/// Workers of random speed under a protocol, one event at a time, without a parameter in sight.
struct Play {
  Play(const std::string& text, std::size_t workers, std::uint64_t max_staleness = UINT64_MAX)
      : protocol(make_protocol(text, workers, max_staleness)),
        clocks(workers),
        read(workers),
        computing(workers, true) {}

  std::vector<std::size_t> busy() const {
    std::vector<std::size_t> all;
    for (std::size_t w = 0; w < computing.size(); ++w)
      if (computing[w]) all.push_back(w);
    return all;
  }
  Decision arrive(std::size_t worker) {
    REQUIRE(computing[worker]);
    ++clocks[worker];
    computing[worker] = false;
    const auto decision = protocol->arrived(worker, version - read[worker]);
    discarded += decision == Decision::discard;
    if (decision == Decision::hold) ++held;
    if (decision == Decision::apply) {
      ++version;
      largest = std::max(largest, held + 1);
      held = 0;
    }
    go_on();
    return decision;
  }
  void go_on() {
    const auto released = protocol->released();
    CHECK(std::is_sorted(released.begin(), released.end()));
    for (const auto w : released) {
      if (computing[w]) ++cancelled;
      computing[w] = true;
      read[w] = version;
    }
  }
  /// Worker 0 is much slower than the others, so that they run into whatever bound there is.
  template <class Check>
  void run(int events, Check check) {
    Random random(7);
    for (int i = 0; i < events; ++i) {
      const auto able = busy();
      REQUIRE_FALSE(able.empty());  // otherwise everybody waits: a deadlock
      auto w = able[random.below(able.size())];
      if (w == 0 && able.size() > 1 && random.below(20) != 0) w = able[1];
      arrive(w);
      check();
    }
  }

  std::unique_ptr<Protocol> protocol;
  std::vector<std::uint64_t> clocks, read;
  std::vector<bool> computing;
  std::uint64_t version = 0;
  std::size_t held = 0, largest = 0, discarded = 0, cancelled = 0;
};

/// A server's bookkeeping, and nothing else.
class Bookkeeping : public Arrivals<InFlight, Arrival> {
 public:
  using Arrivals::Arrivals;
};

std::uint64_t spread(const std::vector<std::uint64_t>& clocks) {
  const auto [low, high] = std::minmax_element(clocks.begin(), clocks.end());
  return *high - *low;
}

}  // namespace

TEST_CASE("Under ssp:S completed clocks differ by S + 1 at most, reach it, and never deadlock") {
  for (const std::uint64_t slack : {0, 1, 4, 63, 400}) {
    Play play("ssp:" + std::to_string(slack), 5);
    std::uint64_t widest = 0;
    play.run(20'000, [&] { widest = std::max(widest, spread(play.clocks)); });
    CHECK(widest == slack + 1);
  }
}

TEST_CASE("Under ssp:S whoever is more than S ahead of the slowest waits, and nobody else does") {
  for (const std::uint64_t slack : {2, 63, 200}) {
    Play play("ssp:" + std::to_string(slack), 4);
    play.run(6000, [&] {
      const auto least = *std::min_element(play.clocks.begin(), play.clocks.end());
      for (std::size_t w = 0; w < 4; ++w)
        CHECK(play.computing[w] == (play.clocks[w] - least <= slack));
    });
  }
}

TEST_CASE("ssp:inf never makes anybody wait") {
  Play play("ssp:inf", 3);
  play.run(500, [&] { CHECK(play.busy().size() == 3); });
}

TEST_CASE("bsp, k-sync:P, k-async:P and local:H hold every arrival of a round but the last") {
  for (const char* text : {"bsp", "k-sync:3", "k-async:3", "local:1", "local:5"}) {
    INFO(text);
    Play play(text, 3);
    for (int round = 0; round < 4; ++round) {
      CHECK(play.arrive(1) == Decision::hold);
      CHECK(play.busy() == std::vector<std::size_t>{0, 2});
      CHECK(play.arrive(0) == Decision::hold);
      CHECK(play.arrive(2) == Decision::apply);
      CHECK(play.busy().size() == 3);
    }
    CHECK(play.cancelled == 0);
    CHECK(play.protocol->traits().whole_rounds);
  }
}

TEST_CASE("async, k-async:1, k-batch-async:1, ringmaster:inf and elastic apply every arrival") {
  for (const char* text :
       {"async", "k-async:1", "k-batch-async:1", "ringmaster:inf", "elastic:0.5"}) {
    INFO(text);
    Play play(text, 3);
    play.run(100, [&] { CHECK(play.busy().size() == 3); });
    CHECK(play.version == 100);
  }
}

TEST_CASE("k-sync:K makes an update of the first K workers and cancels all others") {
  Play play("k-sync:2", 4);
  CHECK(play.arrive(3) == Decision::hold);
  CHECK(play.busy() == std::vector<std::size_t>{0, 1, 2});
  CHECK(play.arrive(1) == Decision::apply);
  CHECK(play.busy().size() == 4);
  CHECK(play.cancelled == 2);
  CHECK(play.protocol->traits().cancels);
}

TEST_CASE(
    "k-batch-sync:K takes the first K gradients, also two of one worker, and cancels the rest") {
  Play play("k-batch-sync:3", 2);
  CHECK(play.arrive(1) == Decision::hold);
  CHECK(play.busy().size() == 2);
  CHECK(play.arrive(1) == Decision::hold);
  CHECK(play.arrive(1) == Decision::apply);
  CHECK(play.cancelled == 1);
  for (const auto version : play.read) CHECK(version == 1);
}

TEST_CASE("k-async:K lets go only those K that made the update") {
  Play play("k-async:2", 4);
  CHECK(play.arrive(2) == Decision::hold);
  CHECK(play.arrive(0) == Decision::apply);
  CHECK(play.read == std::vector<std::uint64_t>{1, 0, 1, 0});
  CHECK(play.cancelled == 0);
}

TEST_CASE("k-batch-async:K lets everybody go on and makes an update of every K gradients") {
  Play play("k-batch-async:3", 2);
  play.run(99, [&] { CHECK(play.busy().size() == 2); });
  CHECK(play.version == 33);
  CHECK(play.largest == 3);
}

TEST_CASE("ringmaster:R takes what is younger than R updates and throws away the rest") {
  Play play("ringmaster:2", 3);
  CHECK(play.arrive(1) == Decision::apply);    // τ = 0
  CHECK(play.arrive(2) == Decision::apply);    // τ = 1
  CHECK(play.arrive(0) == Decision::discard);  // τ = 2
  CHECK(play.busy().size() == 3);
  CHECK(play.arrive(0) == Decision::apply);  // it has read again
}

TEST_CASE("Nobody waits for a worker that has retired") {
  Play ssp("ssp:0", 2);
  ssp.arrive(0);
  CHECK_FALSE(ssp.computing[0]);
  CHECK_FALSE(ssp.protocol->retire(1));
  ssp.go_on();
  CHECK(ssp.computing[0]);

  for (const char* text : {"bsp", "k-sync:2", "k-async:2", "local:2"}) {
    INFO(text);
    const auto protocol = make_protocol(text, 2);
    CHECK_FALSE(protocol->retire(0));
    CHECK(protocol->arrived(1, 0) == Decision::apply);
    const auto other = make_protocol(text, 2);
    CHECK(other->arrived(0, 0) == Decision::hold);
    CHECK(other->retire(1));  // what is held is complete without it
    CHECK(other->released().size() == 1);
  }
}

TEST_CASE("A protocol that can't be is refused with what would be right") {
  CHECK_THROWS_WITH_AS(make_protocol("spp:3", 2), doctest::Contains("ssp"), UsageError);
  CHECK_THROWS_WITH_AS(make_protocol("ssp", 2), doctest::Contains("ssp:4"), UsageError);
  for (const char* text : {"ssp:-1", "ssp:two", "ssp:", "bsp:1", "k-sync:0", "k-async", "local:0",
                           "local:1.5", "elastic:2", "elastic:-0.1", "elastic:0.1,0",
                           "elastic:0.1,", "elastic:nan", "ringmaster:0", "k-sync:inf"}) {
    INFO(text);
    CHECK_THROWS_AS(check_protocol(text), UsageError);
  }
  CHECK_NOTHROW(check_protocol("k-sync:100"));
  CHECK(why_not_protocol("k-sync:3", 3).empty());
  CHECK(why_not_protocol("k-sync:4", 3).find("at most k-sync:3") != std::string::npos);
  CHECK(why_not_protocol("k-batch-sync:4", 3).empty());
  CHECK_THROWS_WITH_AS(make_protocol("k-async:9", 8), doctest::Contains("8"), UsageError);
}

TEST_CASE("Every protocol of the catalogue has an example that can be followed") {
  for (const auto& row : protocol_catalog()) {
    INFO(std::string(row.example));
    Play play(std::string(row.example), 2);
    play.run(50, [] {});
    CHECK(play.version > 0);
    CHECK(row.example.substr(0, row.example.find(':')) == row.name);
  }
}

TEST_CASE(
    "Whatever the bound of staleness, fewer gradients in a row are too old than are at work") {
  // And none that is applied or held is: what is thrown away is what the bound says.
  for (const auto& row : protocol_catalog())
    for (const std::size_t workers : {1, 2, 5, 16})
      for (const std::uint64_t bound : {0, 1, 3, 100}) {
        const std::string text(row.example);
        if (!why_not_protocol(text, workers).empty()) continue;
        CAPTURE(text);
        CAPTURE(workers);
        CAPTURE(bound);
        Play play(text, workers, bound);
        Random random(11);
        std::size_t in_a_row = 0;
        for (int i = 0; i < 3000; ++i) {
          const auto able = play.busy();
          REQUIRE_FALSE(able.empty());
          // The stalest of all, or any: who is slow meets whatever bound there is.
          auto w = able[random.below(able.size())];
          if (random.below(3) == 0)
            w = *std::min_element(able.begin(), able.end(),
                                  [&](auto a, auto b) { return play.read[a] < play.read[b]; });
          const std::uint64_t staleness = play.version - play.read[w];
          const bool discarded = play.arrive(w) == Decision::discard;
          CHECK(discarded == (staleness > play.protocol->traits().max_staleness));
          if (!discarded) CHECK(staleness <= bound);
          in_a_row = discarded ? in_a_row + 1 : 0;
          REQUIRE(in_a_row < workers);
        }
        if (text == "async" && workers == 16 && bound < 100) CHECK(play.discarded > 100);
      }
}

TEST_CASE("Nobody waits for work that may come back where others may be waiting for them") {
  for (const auto& row : protocol_catalog()) {
    CAPTURE(row.name);
    const std::string text(row.example);
    if (!why_not_protocol(text, 4).empty()) continue;
    const Bookkeeping bounded(make_protocol(text, 4, 2), 4), free(make_protocol(text, 4), 4);
    const auto& traits = bounded.traits();
    if (traits.discards()) {
      Play play(text, 4, 2);
      for (int i = 0; i < 1000; ++i)
        for (const std::size_t w : {1, 2, 3})
          if (play.computing[w]) play.arrive(w);
      const bool wait_for_worker_0 = play.busy() == std::vector<std::size_t>{0};
      CHECK(bounded.may_return_work() == !wait_for_worker_0);
    }
    CHECK((traits.discards() || free.may_return_work() == bounded.may_return_work()));
  }
}

}  // namespace sgdbench
