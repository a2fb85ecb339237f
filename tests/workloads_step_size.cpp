#include <doctest/doctest.h>

#include <cmath>

#include "workloads/names.h"
#include "workloads/step_size.h"

using namespace sgdbench;

namespace {

Real step(const char* schedule, std::uint64_t epoch, std::uint64_t update) {
  StepSize step{0.5, Schedule::constant, 1, 0.01, StalenessPolicy::none, 2000};
  parse_schedule(schedule, step);
  return step.during(epoch).at(update);
}

}  // namespace

TEST_CASE("Every schedule is its formula") {
  CHECK(step("constant", 9, 1000) == Real(0.5));
  CHECK(step("inverse", 9, 1000) == doctest::Approx(0.5 / (1 + 0.01 * 0.5 * 1000)));
  CHECK(step("sqrt", 9, 99) == doctest::Approx(0.05));
  CHECK(step("exponential:0.9", 0, 1000) == Real(0.5));
  CHECK(step("exponential:0.9", 3, 1000) == doctest::Approx(0.5 * 0.9 * 0.9 * 0.9));
  // Of 2,000 updates, the last 500.
  CHECK(step("cooldown:0.25", 9, 0) == Real(0.5));
  CHECK(step("cooldown:0.25", 9, 1500) == Real(0.5));
  CHECK(step("cooldown:0.25", 9, 1600) == doctest::Approx(0.5 * 400 / 500));
  CHECK(step("cooldown:0.25", 9, 1999) == doctest::Approx(0.5 / 500));
  CHECK(step("cooldown:1", 0, 0) == Real(0.5));
  CHECK(step("cooldown:1", 0, 500) == doctest::Approx(0.5 * 0.75));
}

TEST_CASE(
    "A step size that cools down never ends at nothing, nor falls without an end to fall to") {
  CHECK(step("cooldown:0.25", 9, 2000) == step("cooldown:0.25", 9, 1999));
  CHECK(step("cooldown:0.25", 9, 1'000'000) == step("cooldown:0.25", 9, 1999));
  StepSize endless{0.5, Schedule::cooldown, 0.25};
  CHECK(endless.during(3).at(1'000'000) == Real(0.5));
  StepSize brief = endless;
  brief.horizon = 1;
  CHECK(brief.during(0).at(0) == Real(0.5));
}

TEST_CASE("Schedules and policies are read from text and written back") {
  for (const char* text : {"constant", "inverse", "sqrt", "exponential:0.9", "exponential:0.123",
                           "cooldown:0.2", "cooldown:1"}) {
    StepSize step;
    parse_schedule(text, step);
    CHECK(to_string(step.schedule, step.rate) == text);
  }
  for (const auto& row : staleness_policy_catalog()) {
    StepSize step;
    parse_staleness_policy(row.name, step);
    CHECK(step.policy == row.policy);
    CHECK(staleness_policy_text(step) ==
          (row.policy == StalenessPolicy::dc ? "dc:0.04" : std::string(row.name)));
  }
  StepSize step;
  parse_staleness_policy("dc:0.125", step);
  CHECK(staleness_policy_text(step) == "dc:0.125");
  parse_staleness_policy("dc", step);
  CHECK(step.compensation == 0.04);
  CHECK(schedule_catalog().size() == 5);
}

TEST_CASE("A schedule or policy that means nothing is refused") {
  StepSize step;
  for (const char* text : {"", "constnat", "constant:2", "exponential",
                           "exponential:", "exponential:0", "exponential:1.5", "exponential:nan",
                           "exponential:0.9x", "sqrt:", "cooldown", "cooldown:0", "cooldown:1.5"})
    CHECK_THROWS_AS(parse_schedule(text, step), UsageError);
  for (const char* text : {"inverted", "", "dc:", "dc:-1", "dc:x", "dc:nan", "dc:inf", "dc:1e7",
                           "dc-adaptive:2", "inverse:", "none:0"})
    CHECK_THROWS_AS(parse_staleness_policy(text, step), UsageError);
}
