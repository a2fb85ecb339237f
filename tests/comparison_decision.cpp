// The three verdicts, and what would decide where there is none.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/comparison_samples.h"
#include "tests/statistics_samples.h"

using namespace sgdbench;
using Numbers = std::vector<double>;

namespace {

Evidence evidence(double low, double centre, double high, double p, std::size_t repeats = 10) {
  Evidence found;
  found.worse.centre = std::log(centre);
  found.worse.interval = ConfidenceInterval{std::log(low), std::log(high)};
  found.p = p;
  found.repeats = repeats;
  return found;
}

/// Ten values about `centre`, evenly from −spread to spread.
Numbers about(double centre, double spread) {
  Numbers values;
  for (int i = 0; i < 10; ++i) values.push_back(centre * (1 + spread * (i - 4.5) / 4.5));
  return values;
}

bool contains(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("A regression needs both: significance, and the whole interval beyond the threshold") {
  CHECK(decide(evidence(1.06, 1.1, 1.2, 0.001), {}).verdict == Verdict::regression);
  CHECK(decide(evidence(1.06, 1.1, 1.2, 0.02), {}).verdict == Verdict::inconclusive);
  CHECK(decide(evidence(1.04, 1.1, 1.2, 0.001), {}).verdict == Verdict::inconclusive);
}

TEST_CASE("Fine is what has its whole interval within the threshold, significant or not") {
  CHECK(decide(evidence(0.99, 1.01, 1.04, 0.5), {}).verdict == Verdict::fine);
  CHECK(decide(evidence(1.01, 1.02, 1.04, 0.001), {}).verdict == Verdict::fine);
  CHECK_FALSE(decide(evidence(1.01, 1.02, 1.04, 0.001), {}).improved);
  CHECK(decide(evidence(0.99, 1.01, 1.06, 0.5), {}).verdict == Verdict::inconclusive);
}

TEST_CASE("An improvement is significant and wholly better") {
  CHECK(decide(evidence(0.8, 0.9, 0.95, 0.001), {}).improved);
  CHECK_FALSE(decide(evidence(0.8, 0.9, 0.95, 0.02), {}).improved);
  CHECK_FALSE(decide(evidence(0.8, 0.9, 1.01, 0.001), {}).improved);
}

TEST_CASE("The repeats that would decide are those whose interval would be on one side") {
  // Half as wide with four times as many.
  Criteria criteria;
  const double threshold = std::log1p(criteria.max_regression);
  Evidence within = evidence(1, 1, 1, 0.5);
  within.worse.interval = ConfidenceInterval{-2 * threshold, 2 * threshold};
  CHECK(contains(decide(within, criteria).remark, "about 40 repeats a side would decide"));
  within.repeats = 1000;
  CHECK(contains(decide(within, criteria).remark, "more than 1000 repeats"));
  Evidence beyond = evidence(1, 1, 1, 0.001);
  beyond.worse = {3 * threshold, ConfidenceInterval{0, 6 * threshold}};
  CHECK(contains(decide(beyond, criteria).remark, "about 33 repeats a side"));  // for alpha
  beyond.worse = {1.5 * threshold, ConfidenceInterval{0.5 * threshold, 2.5 * threshold}};
  CHECK(contains(decide(beyond, criteria).remark, "about 40 repeats a side"));  // for the interval
}

TEST_CASE("No number of repeats decides what lies on the threshold") {
  CHECK(contains(decide(evidence(1, 1.05, 1.1, 0.02), {}).remark,
                 "no number of repeats a side: it lies on the threshold"));
}

TEST_CASE("More to compare at once needs more repeats") {
  Evidence few;
  few.worse.centre = 0.1;
  few.repeats = 2;
  CHECK(contains(decide(few, {}).remark, "at least 5"));
  few.family = 60;
  CHECK(contains(decide(few, {}).remark, "at least 8"));
  few.paired = true;
  CHECK(contains(decide(few, {}).remark, "needs at least 14 rounds"));
}

TEST_CASE("Too few repeats are inconclusive however large the change") {
  const auto finding = compare_times({1, 1.01, 1.02}, {2, 2.01, 2.02});
  CHECK(finding.verdict == Verdict::inconclusive);
  CHECK(contains(finding.remark, "repeats"));
}

TEST_CASE("Time and throughput of the same work come to the same verdict") {
  Samples samples(31);
  for (const double factor : {0.8, 0.97, 1.0, 1.04, 1.07, 1.2}) {
    const auto before = samples.log_normal(10, 0.02), after = samples.log_normal(10, 0.02, factor);
    Numbers rate_before, rate_after;
    for (const double time : before) rate_before.push_back(1000 / time);
    for (const double time : after) rate_after.push_back(1000 / time);
    ComparisonOptions options;
    options.metrics = {metric_named("examples_per_s")};
    const auto times = compare_times(before, after);
    const auto rates = compare(runs_with(&RunRecord::examples_per_s, rate_before),
                               runs_with(&RunRecord::examples_per_s, rate_after), options)
                           .findings.at(0);
    CHECK(times.verdict == rates.verdict);
    CHECK(times.improved == rates.improved);
    CHECK(*times.ratio == doctest::Approx(1 / *rates.ratio));
  }
}

TEST_CASE("A target that is missed is worse than any time, and shows as no number") {
  auto base = runs_with(&RunRecord::time_to_target_s, about(1, 0.01));
  auto now = base;
  for (auto& run : base) run.target_loss = 0.1;
  for (auto& run : now) {
    run.target_loss = 0.1;
    run.time_to_target_s.reset();
  }
  const auto lost = compare(base, now, {}).findings.at(0);
  CHECK(lost.metric->name == "time_to_target_s");
  CHECK(lost.verdict == Verdict::regression);
  CHECK(lost.ratio == kNever);
  const auto found = compare(now, base, {}).findings.at(0);
  CHECK(found.verdict == Verdict::fine);
  CHECK(found.improved);
  const auto neither = compare(now, now, {}).findings.at(0);
  CHECK(neither.verdict == Verdict::inconclusive);
}

TEST_CASE("Without an interval, as many repeats are asked for as its confidence needs") {
  Criteria criteria{.confidence = 0.999999};
  for (const bool paired : {false, true}) {
    const auto remark =
        decide({.worse = {.centre = 0.0, .interval = {}}, .repeats = 6, .paired = paired}, criteria)
            .remark;
    CHECK(remark == (paired ? "needs at least 21 rounds" : "needs at least 12 repeats a side"));
  }
}
