// How stale updates are: an identity that holds for every schedule, and the distribution of
// memoryless ones.
#include <numeric>

#include "tests/theory/simulated.h"

using namespace sgdbench;
using namespace sgdbench::theory;

namespace {

std::uint64_t sum_of_staleness(const RunOutcome& outcome) {
  std::uint64_t sum = 0;
  for (const auto& worker : outcome.workers) sum += worker.staleness.sum();
  return sum;
}

/// χ² of a histogram of τ against the geometric distribution; bins as long as 10 are expected, the
/// rest in one.
double chi_square(const StalenessHistogram& histogram, std::size_t workers, std::size_t* degrees) {
  const auto n = static_cast<double>(histogram.count());
  double sum = 0, left = n, seen = 0;
  const auto add = [&](double got, double expected) {
    sum += (got - expected) * (got - expected) / expected;
    ++*degrees;
  };
  *degrees = 0;
  for (std::size_t tau = 0; left > 20; ++tau) {
    const double expected = n * geometric_staleness(workers, tau);
    if (expected < 10) break;
    const auto got = static_cast<double>(histogram.bins()[tau]);
    add(got, expected);
    seen += got;
    left -= expected;
  }
  add(n - seen, left);
  --*degrees;
  return sum;
}

}  // namespace

TEST_CASE("Mean staleness is P − 1 less what the ends of the run take, for every schedule") {
  // Worker i's staleness adds up to nᵢ − cᵢ, its last update's index less its number of updates:
  // Σ τ = Σ nᵢ − N exactly, which is N·(P − 1 − (1/N)·Σ (N − nᵢ)).
  const auto check = [](RunSpec spec) {
    const auto outcome = simulate(spec);
    std::uint64_t last = 0;
    for (const auto& worker : outcome.workers) last += worker.last_update;
    CHECK(sum_of_staleness(outcome) == last - outcome.updates);
  };
  for (const char* distribution : {"constant:1s", "exp:1s", "uniform:1s,9s", "pareto:1s,1.1"})
    for (const std::uint64_t updates : {1, 7, 8, 9, 5000}) {
      auto spec = timing("async", distribution, updates);
      check(spec);
      spec.simulation.service = Distribution::parse("exp:0.5s");
      spec.conditions.stragglers = parse_stragglers("3:10+random:0.1:50");
      check(spec);
    }
  check(timing_of("async", "fast:5@constant:1s slow:2@exp:40s", 3000));
}

TEST_CASE("Identical deterministic workers are P − 1 updates stale, but for the first round") {
  const auto outcome = simulate(timing("async", "constant:1s", 800));
  for (std::size_t w = 0; w < 8; ++w) {
    const auto& bins = outcome.workers[w].staleness.bins();
    CHECK(bins[7] == (w == 7 ? 100 : 99));
    CHECK(outcome.workers[w].staleness.count() == 100);
    CHECK(bins[w] >= 1);  // the first round reads x₀
  }
}

TEST_CASE("Memoryless workers' staleness is geometric") {
  // Of one worker, whose updates are N independent trials of probability 1/P each: its gaps are
  // independent. Eight tests at 5.4 normal deviations, 3.4e-8 each: 2.7e-7 in all. The worker's
  // last gap is cut off by the end of the run: one count among 10,000.
  const auto outcome = simulate(timing("async", "exp:1s", 80'000));
  for (const auto& worker : outcome.workers) {
    std::size_t degrees = 0;
    const double sum = chi_square(worker.staleness, 8, &degrees);
    CAPTURE(sum);
    CHECK(degrees > 30);
    CHECK(sum < chi_square_quantile(degrees, 5.4));
  }
}

TEST_CASE("Another distribution's staleness is told from the geometric one") {
  const auto outcome = simulate(timing("async", "uniform:1s,2s", 80'000));
  std::size_t degrees = 0;
  const double sum = chi_square(outcome.workers[0].staleness, 8, &degrees);
  CHECK(sum > 10 * chi_square_quantile(degrees, 5.4));
}

TEST_CASE("Unequal memoryless workers are as stale as all rates over their own, less one") {
  const std::vector<double> rates{1, 2, 4};
  const auto outcome =
      simulate(timing_of("async", "a:1@exp:1s b:1@exp:0.5s c:1@exp:0.25s", 140'000));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& staleness = outcome.workers[i].staleness;
    const double mean = unequal_staleness(rates, i), p = 1 / (mean + 1);
    CHECK(agrees(staleness.mean(), {mean, (1 - p) / (p * p)},
                 static_cast<double>(staleness.count())));
  }
}

TEST_CASE("In versions, K gradients an update make staleness K times smaller") {
  // k-batch-async: the identity again, for arrivals: with N·K of them, τ of the gradients adds up
  // to no more than P updates away from (P − 1)/K each.
  const auto outcome = simulate(timing("k-batch-async:4", "exp:1s", 20'000));
  std::uint64_t gradients = 0;
  for (const auto& worker : outcome.workers) gradients += worker.staleness.count();
  const double mean =
      static_cast<double>(sum_of_staleness(outcome)) / static_cast<double>(gradients);
  // Var τ of a gradient is below P(P − 1)/K² + 1; neighbours are correlated over about P arrivals.
  CHECK(std::abs(mean - 7.0 / 4) < 5.1 * std::sqrt((56.0 / 16 + 1) * 8 / 80'000));
  CHECK(simulate(timing("bsp", "exp:1s", 100)).workers[0].staleness.max() == 0);
}

TEST_CASE("k-async is P/K − 1 updates stale on the average, for every schedule") {
  // Who is part of update u reads after it, so that a worker's τ + 1 add up to the index of its
  // last update: Σ τ = Σ nᵢ − K·N, which is K·N·(P/K − 1) less what the ends of the run take.
  for (const std::size_t k : {1, 2, 3, 8})
    for (const char* distribution : {"constant:1s", "exp:1s", "pareto:1s,1.1"}) {
      const auto spec = timing("k-async:" + std::to_string(k), distribution, 5000);
      const auto outcome = simulate(spec);
      std::uint64_t last = 0;
      for (const auto& worker : outcome.workers) last += worker.last_update;
      CHECK(sum_of_staleness(outcome) == last - k * outcome.updates);
    }
}

TEST_CASE("Memoryless k-async is P/K − 1 updates stale within what the ends of the run take") {
  // By the identity above the mean is below it by Σ (N − nᵢ)/(K·N). After an update all P compute,
  // and have forgotten for how long: each is in the next one with probability K/P, whatever came
  // before. N − nᵢ > 20·P/K then has the probability (1 − K/P)^(20·P/K) < e^-20: 4.9e-8 for the
  // workers and the K's below.
  constexpr std::uint64_t kUpdates = 20'000;
  for (const std::size_t k : {1, 2, 4, 8}) {
    const auto outcome = simulate(timing("k-async:" + std::to_string(k), "exp:1s", kUpdates));
    const double n = static_cast<double>(k * kUpdates), workers = 8;
    const double mean = static_cast<double>(sum_of_staleness(outcome)) / n;
    const double expected = workers / static_cast<double>(k) - 1;
    CHECK(mean <= expected);
    CHECK(mean > expected - 8 * 20 * (expected + 1) / n);
  }
}

TEST_CASE("k-batch-async is (P − 1)/K updates stale on the average, for every schedule") {
  // The arrival number j is part of update ⌈j/K⌉ and its worker reads again after ⌊j/K⌋ updates.
  // Summed over all arrivals that leaves Σ τ = Σᵢ ⌊jᵢ/K⌋ − N, jᵢ being worker i's last: nᵢ, or
  // nᵢ − 1 for all but the one that completed it.
  for (const std::size_t k : {1, 2, 3, 8, 13})
    for (const char* distribution : {"constant:1s", "exp:1s", "pareto:1s,1.1"}) {
      const auto outcome =
          simulate(timing("k-batch-async:" + std::to_string(k), distribution, 5000));
      std::uint64_t last = 0, most = 0;
      for (const auto& worker : outcome.workers) {
        last += worker.last_update;
        most += outcome.updates - worker.last_update;
      }
      const std::uint64_t sum = sum_of_staleness(outcome);
      CHECK(sum <= last - outcome.updates);
      CHECK(sum + 8 >= last - outcome.updates);
      const auto n = static_cast<double>(k * outcome.updates);
      CHECK(std::abs(static_cast<double>(sum) / n - 7.0 / static_cast<double>(k)) <=
            static_cast<double>(most + 8) / n);
    }
}
