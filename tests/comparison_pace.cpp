// The machine's part in a difference: measured beside each run, and taken off where it moved.
#include <doctest/doctest.h>

#include "results/comparison/comparison.h"
#include "tests/comparison_samples.h"
#include "tests/results_samples.h"

using namespace sgdbench;

namespace {

/// Ten repeats that take `seconds`, on a machine whose pieces of work take `pace` nanoseconds; both
/// with the same small spread in every report.
std::vector<RunRecord> report(double seconds, double pace, std::uint64_t workers = 1) {
  std::vector<RunRecord> runs;
  for (std::uint64_t repeat = 0; repeat < 10; ++repeat) {
    const double spread = 1 + 0.002 * static_cast<double>((repeat * 7) % 10);
    auto run = sample_run(repeat);
    run.wall_s = seconds * spread;
    run.workers = workers;
    run.pace_compute_ns = pace * (1 + 0.001 * static_cast<double>((repeat * 3) % 10));
    run.pace_read_ns = 1000;
    runs.push_back(run);
  }
  return runs;
}

Finding wall(const std::vector<RunRecord>& base, const std::vector<RunRecord>& now,
             bool ignore_environment = false, bool paired = false) {
  ComparisonOptions options;
  options.metrics = {metric_called("wall_s")};
  options.ignore_environment = ignore_environment;
  options.paired = paired;
  return compare(base, now, options).findings.at(0);
}

}  // namespace

TEST_CASE("A slower program on a machine of the same pace is a regression") {
  CHECK(wall(report(1, 100), report(1.2, 100)).verdict == Verdict::regression);
}

TEST_CASE("What a slower machine may have done is no regression, and is said") {
  const auto base = report(1, 100), now = report(1.2, 120);
  const auto finding = wall(base, now);
  CHECK(finding.verdict == Verdict::inconclusive);
  CHECK(finding.remark.find("slower at arithmetic") != std::string::npos);
  CHECK(compare(base, now, {})
            .environment.at(0)
            .starts_with("the machine was 20 % slower at arithmetic beside runs with 1 worker: "));
  CHECK(wall(base, now, true).verdict == Verdict::regression);
  CHECK(wall(base, now, false, true).verdict == Verdict::regression);
}

TEST_CASE("A program that lost more than its machine is a regression all the same") {
  CHECK(wall(report(1, 100), report(1.5, 120)).verdict == Verdict::regression);
}

TEST_CASE("A faster machine does not hide a slower program") {
  const auto before = report(1, 100);
  const auto finding = wall(before, report(1, 80));
  CHECK(finding.verdict == Verdict::inconclusive);
  CHECK(finding.remark.find("faster at arithmetic") != std::string::npos);
  CHECK(wall(before, report(0.7, 80)).verdict == Verdict::fine);
}

TEST_CASE("Throughput has the verdict of time, on any machine") {
  for (const double machine : {0.8, 1.0, 1.2})
    for (const double program : {0.8, 1.0, 1.2}) {
      auto base = report(1, 100), now = report(program * machine, 100 * machine);
      for (auto* runs : {&base, &now})
        for (auto& run : *runs) run.examples_per_s = 1000 / *run.wall_s;
      ComparisonOptions options;
      options.metrics = {metric_called("wall_s"), metric_called("examples_per_s")};
      const auto findings = compare(base, now, options).findings;
      CAPTURE(machine);
      CAPTURE(program);
      CHECK(findings[0].verdict == findings[1].verdict);
      CHECK(findings[0].improved == findings[1].improved);
      CHECK(*findings[0].change * *findings[1].change == doctest::Approx(1));
      CHECK(findings[0].verdict != (program > 1 ? Verdict::fine : Verdict::regression));
    }
}

TEST_CASE("What only a faster machine gained is no improvement") {
  CHECK_FALSE(wall(report(1, 100), report(0.82, 80)).improved);
  CHECK(wall(report(1, 100), report(0.7, 80)).improved);
}

TEST_CASE("Reports without a pace are compared as they are") {
  auto before = report(1, 100), after = report(1.2, 120);
  for (auto* runs : {&before, &after})
    for (auto& run : *runs) run.pace_compute_ns.reset();
  CHECK(wall(before, after).verdict == Verdict::regression);
}

TEST_CASE("A machine that could not be timed beside many of NEW's runs proves nothing slower") {
  const auto before = report(1, 100);
  auto after = report(1.2, 100);
  for (std::size_t i = 0; i < 5; ++i) after[2 * i].pace_compute_ns.reset();
  CHECK(wall(before, after).verdict == Verdict::inconclusive);
  {  // nor does the mean of several, nor another piece of work that moved
    std::vector<RunRecord> bases, nows;
    for (const auto* id : {"a", "b", "c"})
      for (std::size_t i = 0; i < 10; ++i) {
        bases.push_back(before[i]);
        nows.push_back(after[i]);
        nows.back().pace_read_ns = 1020 + static_cast<double>(i % 3);
        bases.back().config_id = nows.back().config_id = id;
      }
    ComparisonOptions options;
    options.metrics = {metric_called("wall_s")};
    const auto comparison = compare(bases, nows, options);
    CHECK(comparison.means.at(0).verdict == Verdict::inconclusive);
    CHECK(comparison.count(Verdict::regression) == 0);
  }
  for (std::size_t i = 1; i < 5; ++i) after[2 * i].pace_compute_ns = 100;
  CHECK(wall(before, after).verdict == Verdict::regression);  // one of ten
}

TEST_CASE(
    "Cores that others took are taken off the times of several workers, and of no single one") {
  for (const std::uint64_t workers : {1, 2}) {
    auto before = report(1, 100, workers), after = report(1.2, 100, workers);
    for (std::size_t i = 0; i < before.size(); ++i) {
      before[i].parallel_capacity = 1.9 + 0.01 * static_cast<double>(i);
      after[i].parallel_capacity = 1.1 + 0.01 * static_cast<double>(i);
    }
    CHECK(wall(before, after).verdict ==
          (workers == 1 ? Verdict::regression : Verdict::inconclusive));
  }
}

TEST_CASE("Configurations that one report has alone change no verdict") {
  auto before = report(1, 100), after = report(1.2, 100);
  for (auto* runs : {&before, &after})
    for (auto& run : *runs) run.parallel_capacity = 1;
  auto wide = report(1, 100, 4);
  for (auto& run : wide) {
    run.config_id = "four workers on two cores";
    run.parallel_capacity = 1.9;
    after.push_back(run);
  }
  auto gone = report(1, 50);
  for (auto& run : gone) {
    run.config_id = "only in BASE, when the machine was fast";
    before.push_back(run);
  }
  CHECK(wall(before, after).verdict == Verdict::regression);
}
