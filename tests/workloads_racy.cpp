#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/workloads_fixture.h"
#include "workloads/kernels/memory.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

/// Runs body(worker) on so many threads, started together.
template <class F>
void contend(std::size_t threads, F body) {
  std::atomic<std::size_t> waiting{threads};
  std::vector<std::thread> all;
  for (std::size_t k = 0; k < threads; ++k)
    all.emplace_back([&, k] {
      --waiting;
      while (waiting.load() != 0) std::this_thread::yield();
      body(k);
    });
  for (auto& thread : all) thread.join();
}

}  // namespace

TEST_CASE("With compare-and-swap no addition is lost, alone or contended") {
  // Long enough for the threads to meet on a busy machine; the sums are exact below 2^24.
  constexpr int kAdditions = 500000;
  for (const std::size_t threads : {1u, 2u, 4u}) {
    Real sum = 0;
    contend(threads, [&](std::size_t) {
      for (int i = 0; i < kAdditions; ++i) racy::add_cas(&sum, 1);
    });
    CHECK(sum == static_cast<Real>(kAdditions * threads));
  }
}

TEST_CASE("With compare-and-swap no update of a whole gradient sum is lost") {
  constexpr std::size_t kSize = 100;
  const AlignedVector<Real> ones(kSize, 1);
  const auto sgd = make_rule({}, {kSize, 1});
  for (const std::size_t threads : {1u, 2u}) {
    AlignedVector<Real> w(kSize);
    contend(threads, [&](std::size_t) {
      const GradientSum gradient_sum[] = {{ones, {}, true, 1}};
      for (int i = 0; i < 500; ++i) sgd->apply(w, gradient_sum, 0, kSize, -1, Access::racy_cas);
    });
    for (const Real x : w) CHECK(x == static_cast<Real>(500 * threads));
  }
}

TEST_CASE("A watched store notes the write that came between, and overwrites it") {
  Real x = 1;
  WriteProbe probe;
  racy::store_watched(&x, 1, 5, probe);
  CHECK(x == 5);
  CHECK(probe.writes == 1);
  CHECK(probe.lost == 0);
  racy::store_watched(&x, 4, 7, probe);  // x was loaded as 4 and is 5 by now
  CHECK(x == 7);
  CHECK(probe.writes == 2);
  CHECK(probe.lost == 1);
}

TEST_CASE("Racy vectors carry every lane to its place, at any alignment") {
  const auto from = random_point(200, 1);
  for (std::size_t offset = 0; offset < 17; ++offset) {
    std::vector<Real> to(200);
    racy::copy(from.data() + offset, to.data() + offset, 150);
    CHECK(std::equal(to.begin() + static_cast<std::ptrdiff_t>(offset),
                     to.begin() + static_cast<std::ptrdiff_t>(offset) + 150,
                     from.begin() + static_cast<std::ptrdiff_t>(offset)));
    CHECK(to[offset + 150] == 0);
    racy::store(to.data() + offset, racy::load<Vec>(from.data() + 3));
    CHECK(std::equal(from.begin() + 3, from.begin() + 3 + kLanes,
                     to.begin() + static_cast<std::ptrdiff_t>(offset)));
  }
}

TEST_CASE("No lane is ever torn while two threads write different vectors") {
  AlignedVector<Real> shared(64, Real(1));
  std::atomic<bool> torn{false};
  contend(2, [&](std::size_t worker) {
    const Real mine = worker == 0 ? Real(1) : Real(-1.7014118e38);  // differ in most bits
    AlignedVector<Real> copy(64);
    for (int i = 0; i < 20000; ++i) {
      for (std::size_t k = 0; k < 60; k += kLanes)
        RacyMemory{}.modify<Vec>(&shared[k], [mine](Vec) { return Vec{} + mine; });
      racy::copy(shared.data(), copy.data(), copy.size());
      for (const Real x : copy)
        if (x != Real(1) && x != Real(-1.7014118e38)) torn = true;
    }
  });
  CHECK_FALSE(torn.load());
}

TEST_CASE("Workers of one problem train the same parameters at once and stay near one worker") {
  for (const char* workload : {"logreg", "softmax", "mlp"}) {
    for (const bool sparse : {true, false}) {
      for (const Access access : {Access::racy_store, Access::racy_cas}) {
        const Example e = example({workload, 0.1, {8}, "tanh"}, sparse);
        AlignedVector<Real> w(e.problem->parameters());
        e.problem->initialise(w, 1);
        const double before = evaluate(*e.problem, w, Part::train, serial_for).loss;
        contend(2, [&](std::size_t worker) {
          const auto rule = e.problem->make_rule({});
          const auto mine = e.problem->make_worker({rule.get(), 4, nullptr});
          const StepSize step{0.02, Schedule::constant, 1, 0, StalenessPolicy::none};
          std::atomic<std::uint64_t> applied{0};
          for (std::size_t batch : {1u, 4u})
            for (std::uint64_t epoch = 0; epoch < 20; ++epoch)
              mine->run_in_place(w, {random_rows(kRows, kRows, epoch + 100 * worker), batch, 0,
                                     step.during(0), access, &applied, nullptr});
        });
        CAPTURE(e.name);
        CHECK(evaluate(*e.problem, w, Part::train, serial_for).loss < before);
      }
    }
  }
}
