#include <doctest/doctest.h>

#include <cstring>
#include <thread>

#include "backends/downpour.h"

namespace sgdbench {
namespace {

constexpr std::size_t kParameters = 10000;  // three chunks, the last one short

struct Meeting {
  AlignedVector<Real> w = AlignedVector<Real>(kParameters, Real(0.3));
  SharedParameters shared{w};
  std::vector<Replica> replicas;
  std::vector<WorkerContext> contexts;

  explicit Meeting(std::size_t workers) : replicas(workers), contexts(workers) {
    for (auto& replica : replicas) shared.copy_to(replica, w.size());
    for (auto& context : contexts) context.report.time.start(0);
  }
  std::uint64_t exchange(std::size_t worker) {
    return shared.exchange(replicas[worker], worker, replicas.size(), contexts[worker]);
  }
  void add(std::size_t worker, Real change) {
    for (Real& w_v : replicas[worker].state) w_v += change;
  }
};

}  // namespace

TEST_CASE("A replica that nobody else came before lands bit for bit") {
  Meeting e(2);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t v = 0; v < kParameters; ++v)
      e.replicas[0].state[v] += Real(1e-9) * static_cast<Real>(v);
    const auto expected = e.replicas[0].state;
    CHECK(e.exchange(0) == 0);
    CHECK(std::memcmp(e.w.data(), expected.data(), kParameters * sizeof(Real)) == 0);
    CHECK(std::memcmp(e.replicas[0].state.data(), expected.data(), kParameters * sizeof(Real)) ==
          0);
  }
}

TEST_CASE("An exchange adds a replica's changes to those of others, and takes theirs") {
  Meeting e(2);
  e.add(0, 1);
  e.add(1, 10);
  CHECK(e.exchange(0) == 0);
  CHECK(e.exchange(1) == 1);
  for (const std::size_t v : {std::size_t{0}, kParameters / 2, kParameters - 1}) {
    CAPTURE(v);
    CHECK(e.w[v] == doctest::Approx(11.3));
    CHECK(e.replicas[0].state[v] == doctest::Approx(1.3));
    CHECK(e.replicas[1].state[v] == e.w[v]);
    CHECK(e.replicas[1].base[v] == e.w[v]);
  }
}

TEST_CASE("The staleness of an exchange is the number of others' exchanges since the last one") {
  Meeting e(3);
  CHECK(e.exchange(0) == 0);
  CHECK(e.exchange(0) == 0);
  CHECK(e.exchange(1) == 2);
  CHECK(e.exchange(1) == 0);
  CHECK(e.exchange(2) == 4);
  CHECK(e.exchange(0) == 3);
  CHECK(e.shared.landed() == 6);
}

TEST_CASE("One number says how stale an exchange is where there is one chunk, else it is a bound") {
  CHECK_FALSE(Meeting(2).shared.is_exact());
  AlignedVector<Real> few(100);
  CHECK(SharedParameters(few).is_exact());
}

TEST_CASE("Workers that exchange at the same time lose nothing") {
  constexpr int kRounds = 200;
  Meeting e(3);
  for (Real& w_v : e.w) w_v = 0;
  for (auto& replica : e.replicas) e.shared.copy_to(replica, e.w.size());
  std::vector<std::thread> threads;
  for (std::size_t worker = 0; worker < 3; ++worker)
    threads.emplace_back([&e, worker] {
      for (int round = 0; round < kRounds; ++round) {
        e.add(worker, 1);
        e.exchange(worker);
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(e.shared.landed() == 3 * kRounds);
  for (const std::size_t v : {std::size_t{0}, kParameters / 2, kParameters - 1})
    CHECK(e.w[v] == 3 * kRounds);
}

}  // namespace sgdbench
