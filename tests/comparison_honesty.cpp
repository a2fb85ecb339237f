// How often the gate is wrong, counted on seeded synthetic run times.
//
// Bounds are binomial: of N comparisons of equal builds, each a false alarm with probability at
// most alpha = 1 %, more than the stated count has a probability below 0.1 %.
#include <doctest/doctest.h>

#include <vector>

#include "tests/comparison_samples.h"
#include "tests/statistics_samples.h"

using namespace sgdbench;

namespace {

constexpr int kPairs = 1000;
constexpr int kMostFalse = 10;  ///< alpha itself: stricter than the bound, which is 21

template <class Draw>
int false_alarms(Draw draw, const ComparisonOptions& options = {}) {
  int alarms = 0;
  for (int pair = 0; pair < kPairs; ++pair)
    alarms += compare_times(draw(), draw(), options).verdict == Verdict::regression;
  return alarms;
}

int found(double slowdown, double noise, std::size_t repeats) {
  Samples samples(2024);
  int count = 0;
  for (int pair = 0; pair < kPairs; ++pair)
    count += compare_times(samples.log_normal(repeats, noise),
                           samples.log_normal(repeats, noise, slowdown))
                 .verdict == Verdict::regression;
  MESSAGE(slowdown << " at a noise of " << noise << ": found " << count << " of " << kPairs);
  return count;
}

}  // namespace

TEST_CASE("Equal builds fail at most alpha of the time, whatever the noise") {
  Samples samples(2023);
  const int quiet = false_alarms([&] { return samples.log_normal(10, 0.03); });
  const int noisy = false_alarms([&] { return samples.log_normal(10, 0.20); });
  const int heavy = false_alarms([&] { return samples.heavy_tailed(10); });
  MESSAGE("of " << kPairs << ": " << quiet << " at 3 %, " << noisy << " at 20 %, " << heavy
                << " heavy-tailed");
  CHECK(quiet <= kMostFalse);
  CHECK(noisy <= kMostFalse);
  CHECK(heavy <= kMostFalse);
}

TEST_CASE("Equal builds fail at most alpha of the time even without a threshold") {
  Samples samples(2022);
  ComparisonOptions options;
  options.criteria.max_regression = 0;
  const int alarms = false_alarms([&] { return samples.log_normal(10, 0.03); }, options);
  MESSAGE("of " << kPairs << ": " << alarms);
  CHECK(alarms <= kMostFalse);
  CHECK(alarms > 0);  // alpha is used up, not given away: half of it is worse, half better
}

TEST_CASE("A slowdown of 10 % at 3 % of noise and 10 repeats is found 95 % of the time") {
  // 96.4 % in the long run; that 1,000 pairs find fewer than 950 has a probability of 1.1 %, so the
  // seed is fixed.
  CHECK(found(1.10, 0.03, 10) >= 950);
}

TEST_CASE("A slowdown of less than the threshold is next to never a regression") {
  // At the threshold itself, (1 − 85 %)/2 = 7.5 % of the intervals lie beyond it.
  CHECK(found(1.02, 0.03, 10) <= 10);
  CHECK(found(1.05, 0.03, 10) <= 100);
}

TEST_CASE("Twenty configurations with three metrics and no change fail at most alpha of the time") {
  // Of 50 comparisons at 1 %, more than 4 have a probability of 0.015 %.
  Samples samples(2025);
  int alarms = 0;
  constexpr int kFamilies = 50;
  for (int trial = 0; trial < kFamilies; ++trial) {
    std::vector<RunRecord> reports[2];
    for (auto& report : reports)
      for (int configuration = 0; configuration < 20; ++configuration) {
        auto runs = runs_with(&RunRecord::wall_s, samples.log_normal(10, 0.2),
                              "c" + std::to_string(configuration));
        for (auto& run : runs) {
          run.loss_final = samples.log_normal(1, 0.2)[0];
          run.accuracy_final = samples.log_normal(1, 0.2)[0];
        }
        report.insert(report.end(), runs.begin(), runs.end());
      }
    ComparisonOptions options;
    for (const auto* name : {"wall_s", "loss_final", "accuracy_final"})
      options.metrics.push_back(metric_named(name));
    const auto comparison = compare(reports[0], reports[1], options);
    CHECK(comparison.findings.size() == 60);
    alarms += comparison.count(Verdict::regression) > 0;
  }
  MESSAGE("of " << kFamilies << " families: " << alarms);
  CHECK(alarms <= 4);
}
