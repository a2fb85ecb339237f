#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "results/reports.h"
#include "tests/results_samples.h"

using namespace sgdbench;
using nlohmann::json;

namespace {

json parse(std::span<const RunRecord> runs, const ReportContext& context = {}) {
  return json::parse(report_json(runs, context));
}

}  // namespace

TEST_CASE("A run that is ok has what Google Benchmark's tools look for") {
  const RunRecord runs[] = {sample_run(0), sample_run(1)};
  const json report = parse(runs);
  REQUIRE(report.at("benchmarks").size() == 2);
  const json& entry = report["benchmarks"][1];
  CHECK(entry.at("name") == entry.at("run_name"));
  CHECK(entry.at("run_type") == "iteration");
  CHECK(entry.at("repetitions") == 2);
  CHECK(entry.at("repetition_index") == 1);
  CHECK(entry.at("threads") == 2);
  CHECK(entry.at("iterations") == 1);
  CHECK(entry.at("time_unit") == "us");
  CHECK(entry.at("real_time") == 500e3);
  CHECK(entry.at("cpu_time") == 375e3);
  CHECK_FALSE(entry.contains("error_occurred"));
  CHECK(report["benchmarks"][0]["name"] == entry["name"]);
}

TEST_CASE("A run that is not ok is an error under another name, without a unit to compare in") {
  const RunRecord runs[] = {sample_run(), sample_refusal()};
  const json entry = parse(runs)["benchmarks"][1];
  CHECK(entry.at("error_occurred") == true);
  CHECK(entry.at("error_message") == "unsupported: one worker only");
  CHECK(entry.at("real_time").is_number());
  CHECK(entry.at("wall_s").is_null());
  CHECK_FALSE(entry.contains("time_unit"));
  CHECK(entry.at("name") != entry.at("run_name"));
}

TEST_CASE("All columns stand flat beside the times, null where they are absent or not finite") {
  RunRecord run = sample_run();
  run.lr = std::numeric_limits<double>::quiet_NaN();
  run.loss_test = std::numeric_limits<double>::infinity();
  run.data_checksum = ~std::uint64_t{0};
  const json entry = parse({&run, 1})["benchmarks"][0];
  for (const auto& field : run_fields()) {
    CAPTURE(field.name);
    CHECK(entry.contains(std::string(field.name)));
  }
  CHECK(entry["lr"].is_null());
  CHECK(entry["loss_test"].is_null());
  CHECK(entry["loss_optimum"].is_null());
  CHECK(entry["protocol"].is_null());
  CHECK(entry["loss_final"] == 0.25);
  CHECK(entry["deterministic"] == false);
  CHECK(entry["data_checksum"] == "ffffffffffffffff");
}

TEST_CASE("Configurations that share their axes still have names of their own") {
  RunRecord runs[] = {sample_run(), sample_run()};
  runs[1].config_id = "c9";
  const json report = parse(runs);
  CHECK(report["benchmarks"][0]["name"] != report["benchmarks"][1]["name"]);
}

TEST_CASE("The context says what machine, build and command it was") {
  ReportContext context;
  context.environment = read_environment();
  context.environment.libraries = {{"fmt", "9.1.0"}};
  context.command = "sgdbench run --workers 1,2";
  context.notes = {"a note"};
  const json report = parse({}, context);
  CHECK(report.at("schema").is_string());
  CHECK(report.at("benchmarks").empty());
  const json& said = report.at("context");
  for (const char* key : {"date", "host_name", "executable", "num_cpus", "mhz_per_cpu", "caches",
                          "load_avg", "library_build_type", "cpu_model", "compiler", "flags",
                          "git_revision", "cores_available", "instruction_set"}) {
    CAPTURE(key);
    CHECK(said.contains(key));
  }
  CHECK(said["command"] == context.command);
  CHECK(said["notes"] == json::array({"a note"}));
  CHECK(said["libraries"]["fmt"] == "9.1.0");
}

TEST_CASE("A name that is not UTF-8 becomes readable JSON") {
  RunRecord run = sample_run();
  run.data = "caf\xe9.libsvm";
  CHECK(parse({&run, 1})["benchmarks"][0]["data"] == "caf\uFFFD.libsvm");
}

TEST_CASE("The Markdown table has one row per configuration, with medians over its repeats") {
  RunRecord runs[] = {sample_run(0), sample_run(1), sample_run(2), sample_refusal()};
  runs[0].loss_final = 0.5;
  runs[1].loss_final = 0.75;
  runs[2].loss_final = 100;
  const std::string table = report_markdown(runs);
  CHECK(std::count(table.begin(), table.end(), '\n') == 4);
  CHECK(table.find("| 3 ok | 8 | 0.1 | 0.1 |") != std::string::npos);
  CHECK(table.find(" 0.75 |") != std::string::npos);
  CHECK(table.find("a\\|b.libsvm") != std::string::npos);
  CHECK(table.find("| unsupported: one worker only |  |") != std::string::npos);
}

TEST_CASE("In the Markdown table a missed target counts as infinite and shows as nothing") {
  RunRecord runs[] = {sample_run(0), sample_run(1), sample_run(2)};
  runs[0].time_to_target_s = 1.5;
  CHECK(report_markdown(runs).find(" 1.5 |") == std::string::npos);
  runs[1].time_to_target_s = 1.25;
  CHECK(report_markdown(runs).find(" 1.5 |") != std::string::npos);
}
