#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "results/reports.h"
#include "tests/results_samples.h"

using namespace sgdbench;
using nlohmann::json;

namespace {

json exported(std::string_view kind, const std::vector<RunRecord>& runs) {
  for (const auto& row : export_kinds())
    if (row.name == kind) return json::parse(row.render(runs, {}));
  return {};
}

/// Five repeats that took 1, 2, 3, 4 and 5 s.
std::vector<RunRecord> five() {
  std::vector<RunRecord> runs;
  for (std::uint64_t i = 0; i < 5; ++i) {
    runs.push_back(sample_run(i));
    runs.back().wall_s = static_cast<double>(i + 1);
    runs.back().command = "sgdbench run";
  }
  return runs;
}

}  // namespace

TEST_CASE("github-action-benchmark gets a list of names, units, values and ranges") {
  const auto list = exported("github-action-benchmark", five());
  REQUIRE(list.size() == 1);
  CHECK(list[0]["name"].get<std::string>().starts_with("logreg/"));
  CHECK(list[0]["unit"] == "s");
  CHECK(list[0]["value"] == 3);
  CHECK(list[0]["range"] == "± 2");
  CHECK(list[0]["extra"].get<std::string>().find("sgdbench run") != std::string::npos);
}

TEST_CASE("Bencher gets a latency in nanoseconds with its interval") {
  const auto all = exported("bencher", five());
  REQUIRE(all.size() == 1);
  const auto& latency = all.begin()->at("latency");
  CHECK(latency["value"] == 3e9);
  CHECK(latency["lower_value"] == 1e9);
  CHECK(latency["upper_value"] == 5e9);
}

TEST_CASE("Where there is a target, its time counts, and a miss is worse than any") {
  auto runs = five();
  for (auto& run : runs) {
    run.target_loss = 0.1;
    run.time_to_target_s = *run.wall_s / 10;
  }
  runs[4].time_to_target_s.reset();
  CHECK(exported("github-action-benchmark", runs)[0]["value"] == doctest::Approx(0.3));
  CHECK_FALSE(exported("github-action-benchmark", runs)[0].contains("range"));
  CHECK_FALSE(exported("bencher", runs).begin()->at("latency").contains("upper_value"));
}

TEST_CASE("The interval that is exported has in it how far the points of the curves are apart") {
  auto runs = five();
  for (auto& run : runs) {
    run.target_loss = 0.1;
    run.time_to_target_s = *run.wall_s;
    run.time_to_target_low_s = *run.wall_s - 0.5;
    run.time_to_target_high_s = *run.wall_s + 0.25;
  }
  const auto all = exported("bencher", runs);
  const auto& latency = all.begin()->at("latency");
  CHECK(latency["lower_value"] == 0.5e9);
  CHECK(latency["value"] == 3e9);
  CHECK(latency["upper_value"] == 5.25e9);
}

TEST_CASE("A configuration without a value is left out and named, never NaN or null") {
  auto runs = five();
  for (auto& run : runs) run.target_loss = 0.1;
  runs.push_back(sample_refusal());
  for (const auto& kind : export_kinds()) {
    CHECK(exported(kind.name, runs).empty());
    CHECK(kind.render(runs, {}).find("null") == std::string::npos);
  }
  const auto names = left_out(runs);
  REQUIRE(names.size() == 2);
  CHECK(names[0].find("target was missed") != std::string::npos);
  CHECK(names[1].find("unsupported: one worker only") != std::string::npos);
  CHECK(left_out(five()).empty());
}

TEST_CASE("Exports have the names of the JSON report, so that a history can be told from it") {
  const auto runs = five();
  const auto report = json::parse(report_json(runs, {}));
  CHECK(exported("bencher", runs).contains(report["benchmarks"][0]["name"].get<std::string>()));
}
