// The machine's part in a difference: measured beside each run, and taken off.
#include <doctest/doctest.h>

#include "results/comparison/comparison.h"
#include "tests/comparison_samples.h"
#include "tests/results_samples.h"
#include "tests/statistics_samples.h"

using namespace sgdbench;

namespace {

/// Ten repeats that take `seconds`, on a machine whose pieces of work take `pace` nanoseconds; both
/// with the same small spread in every report.
std::vector<RunRecord> report(double seconds, double pace) {
  std::vector<RunRecord> runs;
  for (std::uint64_t repeat = 0; repeat < 10; ++repeat) {
    const double spread = 1 + 0.002 * static_cast<double>((repeat * 7) % 10);
    auto run = sample_run(repeat);
    run.wall_s = seconds * spread;
    run.pace_compute_ns = pace * (1 + 0.001 * static_cast<double>((repeat * 3) % 10));
    run.pace_read_ns = 1000;
    runs.push_back(run);
  }
  return runs;
}

Finding wall(const std::vector<RunRecord>& base, const std::vector<RunRecord>& now,
             bool ignore_environment = false, bool paired = false) {
  ComparisonOptions options;
  options.ignore_environment = ignore_environment;
  options.paired = paired;
  const auto comparison = compare(base, now, options);
  for (const auto& finding : comparison.findings)
    if (finding.metric->name == "wall_s") return finding;
  FAIL("wall_s is not compared");
  return {};
}

/// Ten repeats of a program at a noise of 3 %, in an hour in which the machine takes `hour` times
/// as long for everything; its pace is measured beside each run, at a noise of 1.5 %.
std::vector<RunRecord> hour(Samples& samples, double hour, double program = 1) {
  auto runs = runs_with(&RunRecord::wall_s, samples.log_normal(10, 0.03, program * hour));
  const auto compute = samples.log_normal(10, 0.015, hour),
             read = samples.log_normal(10, 0.015, hour);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].pace_compute_ns = compute[i];
    runs[i].pace_read_ns = read[i];
  }
  return runs;
}

/// Of 1,000 comparisons, those with that verdict.
int count(Verdict verdict, std::uint64_t seed, double drift, double slowdown) {
  Samples samples(seed);
  int counted = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto base = hour(samples, std::exp(drift * samples.normal()));
    const auto now = hour(samples, std::exp(drift * samples.normal()), slowdown);
    counted += wall(base, now).verdict == verdict;
  }
  MESSAGE(slowdown << " where hours differ by " << drift << ": " << counted << " of 1000 "
                   << to_string(verdict));
  return counted;
}

}  // namespace

TEST_CASE("Hours of different pace make no false alarms, and pass nothing off as fine") {
  // Alpha is 1 %; of 1,000, more than 21 would have a probability below 0.1 %.
  CHECK(count(Verdict::regression, 7, 0.3, 1) <= 10);
  CHECK(count(Verdict::fine, 8, 0.3, 1.3) <= 10);
  CHECK(count(Verdict::regression, 9, 0, 1.15) >= 950);  // a steady machine costs little
}

TEST_CASE("A slower program on a machine of the same pace is a regression") {
  CHECK(wall(report(1, 100), report(1.2, 100)).verdict == Verdict::regression);
}

TEST_CASE("What a slower machine may have done is no regression, and is said") {
  const auto finding = wall(report(1, 100), report(1.2, 120));
  CHECK(finding.verdict == Verdict::inconclusive);
  CHECK(finding.remark.find("% slower at arithmetic") != std::string::npos);
  CHECK(wall(report(1, 100), report(1.2, 120), true).verdict == Verdict::regression);
  CHECK(wall(report(1, 100), report(1.2, 120), false, true).verdict == Verdict::regression);
}

TEST_CASE("A program that lost more than its machine is a regression all the same") {
  CHECK(wall(report(1, 100), report(1.5, 120)).verdict == Verdict::regression);
}

TEST_CASE("A faster machine does not hide a slower program") {
  auto before = report(1, 100), after = report(1, 80);
  for (auto& run : after) run.pace_read_ns = 700;
  const auto finding = wall(before, after);
  CHECK(finding.verdict == Verdict::inconclusive);
  CHECK(finding.remark.find("faster") != std::string::npos);
  CHECK(wall(before, report(1, 80)).verdict == Verdict::fine);  // reading was not faster
  CHECK_FALSE(wall(before, report(0.9, 80)).improved);
  CHECK(wall(before, report(0.7, 80)).improved);
}

TEST_CASE("Reports without a pace are compared as they are") {
  auto before = report(1, 100), after = report(1.2, 100);
  for (auto* runs : {&before, &after})
    for (auto& run : *runs) {
      run.pace_compute_ns.reset();
      run.pace_read_ns.reset();
    }
  CHECK(wall(before, after).verdict == Verdict::regression);
}
