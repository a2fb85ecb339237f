#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <thread>

#include "backends/leashed.h"
#include "backends/worker_pool.h"

namespace sgdbench {
namespace {

constexpr std::size_t kLength = 100;

/// A worker that publishes `count` successors, each one more than its base in every number, and
/// returns how often what it protected was not one consistent version.
std::uint64_t publish_many(VersionStore& store, std::size_t worker, int count) {
  std::uint64_t torn = 0;
  for (int i = 0; i < count;) {
    Version& spare = store.acquire_spare();
    for (;;) {
      const Version& base = store.protect(worker, VersionStore::Role::base);
      const Real first = base.state[0];
      torn += static_cast<Real>(base.number) != first;
      std::transform(base.state.begin(), base.state.end(), spare.state.begin(), [&](Real x) {
        torn += x != first;
        return x + 1;
      });
      if (store.publish(spare, base, {})) break;
    }
    store.release(worker, VersionStore::Role::base);
    ++i;
  }
  return torn;
}

constexpr std::size_t kFew = 5;

double sum_of(const Version& version) {
  return std::accumulate(version.state.begin(), version.state.end(), 0.0);
}

/// How many coordinates of both vectors the successor of a version changes, and their sum in a
/// version.
std::size_t changed_after(std::uint64_t number) {
  return 1 + number % kFew;
}
double expected_sum(std::uint64_t number) {
  double sum = 0;
  for (std::uint64_t n = 0; n < number; ++n) sum += 2 * static_cast<double>(changed_after(n));
  return sum;
}

/// The same with successors that are one more than their base in a few numbers only.
std::uint64_t change_few(VersionStore& store, std::size_t worker, int count) {
  std::uint64_t torn = 0;
  const Version* replaced = nullptr;
  for (int i = 0; i < count; ++i) {
    Version& spare = store.acquire_spare(replaced);
    for (bool published = false; !published;) {
      const Version& base = store.protect(worker, VersionStore::Role::base);
      torn += sum_of(base) != expected_sum(base.number);
      std::vector<std::uint32_t> support(changed_after(base.number));
      for (std::size_t k = 0; k < support.size(); ++k)
        support[k] = static_cast<std::uint32_t>((worker * 31 + i * 17 + k * 20) % kLength);
      store.follow(spare, base);
      for (const auto v : support) spare.state[v] += 1, spare.state[kLength + v] += 1;
      published = store.publish(spare, base, {false, support});
      replaced = &base;
    }
    store.release(worker, VersionStore::Role::base);
  }
  return torn;
}

}  // namespace

TEST_CASE("Published versions are consistent and none is lost, alone and contended") {
  for (const std::size_t workers : {1, 4}) {
    VersionStore store(workers, std::vector<Real>(2 * kLength, 0), kLength);
    std::vector<std::uint64_t> torn(workers);
    WorkerPool pool(workers, false);
    pool.run([](Nanoseconds) {}, [&](std::size_t w) { torn[w] = publish_many(store, w, 2000); });
    for (const auto count : torn) CHECK(count == 0);
    CHECK(store.newest().number == 2000 * workers);
    CHECK(store.newest().state[kLength - 1] == static_cast<Real>(2000 * workers));
  }
}

TEST_CASE("A protected version stays as it is while others are published") {
  VersionStore store(2, std::vector<Real>(2 * kLength, 0), kLength);
  const Version& old = store.protect(0, VersionStore::Role::read);
  CHECK(publish_many(store, 1, 50) == 0);
  CHECK(old.number == 0);
  CHECK(std::all_of(old.state.begin(), old.state.end(), [](Real x) { return x == 0; }));
}

TEST_CASE("A version that is not the newest any more can't be built on") {
  VersionStore store(2, std::vector<Real>(2 * kLength, 0), kLength);
  const Version& base = store.protect(0, VersionStore::Role::base);
  publish_many(store, 1, 1);
  CHECK_FALSE(store.publish(store.acquire_spare(), base, {}));
  CHECK(store.newest().number == 1);
}

TEST_CASE("Versions are whole where only what changed is copied, alone and contended") {
  // The sum of a version follows from its number: what a copy misses is missing from the sum.
  for (const std::size_t workers : {1, 4}) {
    VersionStore store(workers, std::vector<Real>(2 * kLength, 0), kLength);
    std::vector<std::uint64_t> torn(workers);
    WorkerPool pool(workers, false);
    pool.run([](Nanoseconds) {}, [&](std::size_t w) { torn[w] = change_few(store, w, 2000); });
    for (const auto count : torn) CHECK(count == 0);
    CHECK(store.newest().number == 2000 * workers);
    CHECK(sum_of(store.newest()) == expected_sum(2000 * workers));
  }
}

TEST_CASE("A buffer follows a version however far behind it is, and after a failed publication") {
  VersionStore store(2, std::vector<Real>(2 * kLength, 0), kLength);
  for (const int behind : {1, 2, 5, 6, 7, 50}) {
    CAPTURE(behind);
    Version& spare = store.acquire_spare();
    const Version& base = store.protect(0, VersionStore::Role::base);
    store.follow(spare, base);
    change_few(store, 1, behind);
    const std::uint32_t support[] = {7, 8};
    for (const auto v : support) spare.state[v] = spare.state[kLength + v] = 1000;
    const bool everywhere = behind % 2 == 0;
    if (everywhere) spare.state[50] = 1000;
    CHECK_FALSE(store.publish(spare, base, {everywhere, support}));
    const Version& newest = store.protect(0, VersionStore::Role::base);
    store.follow(spare, newest);
    CHECK(spare.number == newest.number);
    CHECK(spare.state == newest.state);
    store.release(0, VersionStore::Role::base);
    spare.retired = true;
  }
}

TEST_CASE("A pool calls every worker once a run, after its start was announced") {
  for (const std::size_t workers : {1, 3, 8}) {
    WorkerPool pool(workers, false);
    for (int round = 0; round < 50; ++round) {
      std::vector<int> calls(workers);
      std::atomic<int> starts{0};
      pool.run([&](Nanoseconds) { ++starts; }, [&](std::size_t w) { calls[w] += starts.load(); });
      CHECK(starts == 1);
      CHECK(std::count(calls.begin(), calls.end(), 1) == static_cast<std::ptrdiff_t>(workers));
    }
  }
}

}  // namespace sgdbench
