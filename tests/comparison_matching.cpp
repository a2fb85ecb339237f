// Nothing is silently dropped: what is missing, extra, not ok or measured elsewhere is said.
#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/comparison_samples.h"

using namespace sgdbench;

namespace {

const std::vector<double> kTimes{1.003, 1.000, 1.005, 1.001, 1.004, 1.002};

std::vector<RunRecord> timed(const std::string& config_id) {
  return runs_with(&RunRecord::wall_s, kTimes, config_id);
}
std::vector<RunRecord> with_status(const std::string& config_id, const std::string& status) {
  auto runs = timed(config_id);
  for (auto& run : runs) {
    run.status = status;
    run.reason = "because";
    run.wall_s.reset();
  }
  return runs;
}
std::vector<RunRecord> operator+(std::vector<RunRecord> a, const std::vector<RunRecord>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const ComparisonNote& note_on(const Comparison& comparison, const std::string& config_id) {
  for (const auto& note : comparison.notes)
    if (note.row->config_id == config_id) return note;
  throw std::runtime_error("no note on " + config_id);
}

Verdict verdict_after(const std::string& before, const std::string& after) {
  const auto base = with_status("c1", before) + timed("c2"),
             now = with_status("c1", after) + timed("c2");
  const auto comparison = compare(base, now, {});
  CHECK(comparison.findings.size() == 1);
  return note_on(comparison, "c1").verdict;
}

/// A deterministic run per loss.
std::vector<RunRecord> losses(const std::vector<double>& values) {
  auto runs = runs_with(&RunRecord::loss_final, values);
  for (auto& run : runs) run.deterministic = true;
  return runs;
}

}  // namespace

TEST_CASE("A configuration that was ok is a regression if it failed, and open if it is missing") {
  const auto both = timed("c1") + timed("c2");
  const auto comparison = compare(both, timed("c2"), {});
  CHECK(note_on(comparison, "c1").verdict == Verdict::inconclusive);
  CHECK(note_on(comparison, "c1").text.find("missing in NEW") != std::string::npos);
  for (const auto* status : {"failed", "diverged", "unsupported", "timeout"}) {
    const auto now = with_status("c1", status) + timed("c2");
    const auto found = compare(both, now, {});
    const auto& note = note_on(found, "c1");
    CHECK(found.count(Verdict::regression) > 0);
    CHECK(note.text.find(std::string(status) + ": because") != std::string::npos);
  }
  const auto stopped = with_status("c1", "interrupted") + timed("c2");
  CHECK(note_on(compare(both, stopped, {}), "c1").verdict == Verdict::inconclusive);
}

TEST_CASE("What was not ok before is said and is no regression") {
  CHECK(verdict_after("unsupported", "unsupported") == Verdict::fine);
  CHECK(verdict_after("diverged", "failed") == Verdict::fine);
  const auto base = with_status("c1", "failed");
  CHECK(note_on(compare(base, timed("c1"), {}), "c1").text.find("ok in NEW") != std::string::npos);
  CHECK(note_on(compare(base, timed("c2"), {}), "c1").text.find("missing") != std::string::npos);
}

TEST_CASE("A configuration that only NEW has is named") {
  const auto base = timed("c1"), now = timed("c1") + timed("c2") + with_status("c3", "failed");
  const auto comparison = compare(base, now, {});
  CHECK(note_on(comparison, "c2").text.find("only in NEW") != std::string::npos);
  CHECK(note_on(comparison, "c3").text.find("failed: because") != std::string::npos);
  CHECK(comparison.count(Verdict::regression) == 0);
}

TEST_CASE("One failed repeat where none failed before may be chance, and is not fine") {
  const auto base = timed("c1");
  auto now = base;
  for (const auto* status : {"failed", "diverged"}) {
    now[2].status = status;
    const auto comparison = compare(base, now, {});
    CHECK(note_on(comparison, "c1").text.find("1 of 6 repeats " + std::string(status)) !=
          std::string::npos);
    CHECK(comparison.count(Verdict::regression) == 0);
    CHECK(comparison.count(Verdict::fine) == 1);  // the note alone
  }
}

TEST_CASE("A configuration all of whose repeats crash is a regression, however few they are") {
  auto base = timed("c1") + timed("c2"), now = timed("c1") + with_status("c2", "failed");
  for (auto* runs : {&base, &now}) std::erase_if(*runs, [](const auto& run) { return run.repeat; });
  CHECK(note_on(compare(base, now, {}), "c2").verdict == Verdict::regression);
}

TEST_CASE("Deterministic columns are compared repeat by repeat, exactly") {
  const auto base = losses({0.1, 0.2, 0.3});
  CHECK(compare(base, base, {}).findings.at(0).remark == "identical");
  const auto smaller = losses({0.1, 0.2001, 0.3}), larger = losses({0.1, 0.22, 0.3});
  const auto changed = compare(base, smaller, {}).findings.at(0);
  CHECK(changed.verdict == Verdict::fine);
  CHECK(changed.remark == "changed in 1 of 3 repeats");
  CHECK(*changed.change == doctest::Approx(1.0005));
  const auto worse = compare(base, larger, {}).findings.at(0);
  CHECK(worse.verdict == Verdict::regression);
  CHECK_FALSE(worse.p);
  CHECK(compare(larger, base, {}).findings.at(0).improved);
}

TEST_CASE("Noise is no excuse, and order no reason: repeats are matched by their number") {
  const auto base = losses({0.1, 0.2, 0.3});
  auto turned = base;
  std::swap(turned[0], turned[2]);
  CHECK(compare(base, turned, {}).findings.at(0).remark == "identical");
  auto later = base;
  for (auto& run : later) run.repeat += 10;
  CHECK(compare(base, later, {}).findings.at(0).verdict == Verdict::inconclusive);
  auto noisy = base;
  for (auto& run : noisy) run.deterministic = false;
  CHECK_FALSE(compare(base, noisy, {}).findings.at(0).exact);
}

TEST_CASE("Memory is noise whatever the clock") {
  auto run = runs_with(&RunRecord::wall_s, {1})[0];
  run.deterministic = true;
  run.clock = "virtual";
  CHECK(is_exact(*metric_called("wall_s"), run));
  for (const auto* name : {"memory_bytes", "load_s"}) CHECK(!is_exact(*metric_called(name), run));
}

TEST_CASE("Times are noise even of deterministic runs, unless their clock is virtual") {
  auto base = timed("c1");
  for (auto& run : base) run.deterministic = true;
  CHECK_FALSE(compare(base, base, {}).findings.at(0).exact);
  for (auto& run : base) run.clock = "virtual";
  CHECK(compare(base, base, {}).findings.at(0).exact);
}

TEST_CASE("A deterministic run that diverges where it did not, is a regression") {
  const auto base = losses({0.1, 0.2, 0.3});
  auto now = base;
  now[1].status = "diverged";
  now[1].loss_final.reset();
  CHECK(compare(base, now, {}).findings.at(0).verdict == Verdict::regression);
  CHECK(compare(now, now, {}).findings.at(0).remark == "identical");
}

TEST_CASE("Another machine or build takes the verdict from times, unless told to ignore it") {
  const auto base = timed("c1");
  for (const auto member : {&RunRecord::host, &RunRecord::cpu_model, &RunRecord::compiler,
                            &RunRecord::build, &RunRecord::instruction_set}) {
    auto before = base, after = base;
    for (auto& run : before) run.*member = "this";
    for (auto& run : after) run.*member = "that";
    const auto comparison = compare(before, after, {});
    CHECK(comparison.environment.size() == 1);
    CHECK(comparison.findings.at(0).verdict == Verdict::inconclusive);
    CHECK(comparison.findings[0].remark.starts_with("different "));
    ComparisonOptions ignoring;
    ignoring.ignore_environment = true;
    const auto ignored = compare(before, after, ignoring);
    CHECK(ignored.environment.size() == 1);
    CHECK(ignored.findings.at(0).verdict == Verdict::fine);
    CHECK(compare(base, after, {}).environment.empty());
  }
}

TEST_CASE("Another revision is no other build; other data takes the verdict from everything") {
  auto base = losses({0.1, 0.2, 0.3}), now = base;
  base[0].git_revision = "a";
  now[0].git_revision = "b";
  CHECK(compare(base, now, {}).environment.empty());
  for (auto& run : base) run.data_checksum = 1;
  for (auto& run : now) run.data_checksum = 2;
  const auto comparison = compare(base, now, {});
  CHECK(comparison.environment.at(0).find("different data") != std::string::npos);
  CHECK(comparison.findings.at(0).verdict == Verdict::inconclusive);
}

TEST_CASE("Where bits may differ, an exact column is held against the threshold and says why") {
  auto base = losses({0.1, 0.2}), now = losses({0.1, 0.2000001});
  for (auto& run : base) run.compiler = "this";
  for (auto& run : now) run.compiler = "that";
  const auto finding = compare(base, now, {}).findings.at(0);
  CHECK(finding.verdict == Verdict::fine);
  CHECK(finding.remark.find("another build may round differently") != std::string::npos);
}

TEST_CASE("A metric that was asked for and is in neither report is named") {
  ComparisonOptions options;
  options.metrics = {metric_called("wall_s"), metric_called("loss_test")};
  const auto base = timed("c1");
  const auto some = compare(base, base, options);
  CHECK(some.findings.size() == 1);
  CHECK(note_on(some, "c1").text == "has no loss_test");
  options.metrics = {metric_called("loss_test")};
  CHECK(compare(base, base, options).count(Verdict::inconclusive) == 1);
}

TEST_CASE("The geometric mean is over the matched set and says its size") {
  const auto base = timed("c1") + timed("c2") + timed("c3");
  auto now = base;
  for (auto& run : now) {
    if (run.config_id == "c1") *run.wall_s *= 2;
    if (run.config_id == "c2") *run.wall_s *= 8;
  }
  for (auto& run : now)
    if (run.config_id == "c3") run.wall_s.reset();
  const auto means = compare(base, now, {}).means;
  REQUIRE(means.size() == 1);
  CHECK(*means[0].ratio == doctest::Approx(4));
  CHECK(means[0].size == 2);
  CHECK(means[0].left_out == 1);
}

TEST_CASE("Pairs are matched by their round, and what one side lacks is left out") {
  auto base = timed("c1"), now = timed("c1");
  for (auto& run : now) *run.wall_s *= 1.2;
  std::swap(now[0], now[5]);
  now.pop_back();
  ComparisonOptions options;
  options.paired = true;
  const auto finding = compare(base, now, options).findings.at(0);
  CHECK(finding.before.values.size() == 5);
  CHECK(*finding.change == doctest::Approx(1.2));
  CHECK_FALSE(finding.change_interval);  // five pairs have none
}

TEST_CASE("Negative values that changed exactly are never fine, and the same ones are") {
  const auto base = losses({-1, 2}), worse = losses({-5, 2});
  const auto changed = compare(base, worse, {}).findings.at(0);
  CHECK(changed.verdict == Verdict::inconclusive);
  CHECK_FALSE(changed.change);
  CHECK(compare(base, base, {}).findings.at(0).verdict == Verdict::fine);
}

TEST_CASE("Repeats that only one report has are not called identical") {
  const auto base = losses({1, 2, 3}), shorter = losses({1, 2});
  for (const auto& found : {compare(base, shorter, {}), compare(shorter, base, {})})
    CHECK(found.findings.at(0).remark == "identical in the 2 of 3 repeats that both reports have");
}

TEST_CASE("Repeats that ran out of time are slow ones: those that remain do not pass for all") {
  std::vector<double> times(10, 1.0);
  const auto base = runs_with(&RunRecord::wall_s, times);
  auto now = base;
  for (std::size_t i = 0; i < 4; ++i) {
    now[i].status = "timeout";
    now[i].wall_s.reset();
  }
  CHECK(compare(base, now, {}).findings.at(0).verdict != Verdict::fine);
  CHECK(compare(base, now, {}).count(Verdict::regression) == 0);  // four of ten may be chance
  for (std::size_t i = 4; i < 9; ++i) {
    now[i].status = "timeout";
    now[i].wall_s.reset();
  }
  CHECK(compare(base, now, {}).count(Verdict::regression) == 1);
}

TEST_CASE("A time between two points has them in its interval, and not in that of the ratio") {
  const auto reached = [](double time) {
    auto runs = runs_with(&RunRecord::time_to_target_s, std::vector<double>(10, time));
    for (auto& run : runs) {
      run.target_loss = 0.1;
      run.time_to_target_low_s = 0.75 * time;
      run.time_to_target_high_s = 1.5 * time;
    }
    return runs;
  };
  const auto base = reached(2), now = reached(2);
  const auto finding = compare(base, now, {}).findings.at(0);
  CHECK(finding.before.interval->low == 1.5);
  CHECK(finding.before.interval->high == 3);
  CHECK(finding.change_interval->low == doctest::Approx(1).epsilon(1e-4));
  CHECK(finding.change_interval->high == doctest::Approx(1).epsilon(1e-4));
  CHECK(finding.verdict == Verdict::fine);
  const auto slower = reached(2.5);
  CHECK(compare(base, slower, {}).findings.at(0).verdict == Verdict::regression);
}

TEST_CASE("Times at the points of a curve are not held against times between them") {
  auto base = runs_with(&RunRecord::time_to_target_s, std::vector<double>(10, 2.0));
  auto now = runs_with(&RunRecord::time_to_target_s, std::vector<double>(10, 3.0));
  for (auto* runs : {&base, &now})
    for (auto& run : *runs) run.target_loss = 0.1, run.wall_s = 9;
  ComparisonOptions options;
  options.ignore_environment = true;
  options.metrics = {metric_called("time_to_target_s"), metric_called("wall_s")};
  CHECK(compare(base, now, options).findings.at(0).verdict == Verdict::regression);  // two old ones
  for (auto& run : now) run.time_to_target_low_s = 2.5, run.time_to_target_high_s = 3.5;
  for (const auto& [before, after] : {std::pair{&base, &now}, std::pair{&now, &base}}) {
    const auto findings = compare(*before, *after, options).findings;
    CHECK(findings.at(0).verdict == Verdict::inconclusive);
    CHECK(findings.at(0).remark ==
          "one report rounds it up to a point of the curve, the other does not");
    CHECK(findings.at(1).verdict == Verdict::fine);
  }
}
