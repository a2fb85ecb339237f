// Reports are read as they were written; what is no report is refused with its place.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "results/reading/report_reader.h"
#include "results/reports.h"
#include "results/text.h"
#include "tests/results_samples.h"

using namespace sgdbench;

namespace {

/// Rows whose every column has a value that it may have, hard ones among them.
std::vector<RunRecord> random_runs(std::mt19937_64& random, std::size_t count) {
  static const std::vector<std::string> texts{"plain",      "a,b",          "said \"no\"",
                                              "two\nlines", "with\r\nboth", " spaced ",
                                              "ünïcode",    "\"",           ","};
  static const std::vector<std::string> numbers{"0", "1", "18446744073709551615", "42"};
  static const std::vector<std::string> reals{
      "0.1", "5e-324", "1.7976931348623157e+308", "-0", "3.141592653589793", "12345678.9"};
  const auto pick = [&](const auto& list) { return list[random() % list.size()]; };
  std::vector<RunRecord> runs(count);
  for (std::size_t i = 0; i < count; ++i) {
    for (const auto& field : run_fields())
      for (const auto& text : {pick(reals), pick(texts), pick(numbers), std::string("true")})
        if (field.set(runs[i], text)) break;
    runs[i].run_id = "c-" + std::to_string(i);
    runs[i].config_id = pick(texts);
    runs[i].status = i % 2 ? "ok" : "diverged";
    if (i % 3 == 0) runs[i].loss_final.reset();
  }
  return runs;
}

std::string complaint(const std::string& text) {
  try {
    parse_report(text, "x.csv");
  } catch (const BadReport& error) {
    return error.what();
  }
  return "";
}

bool refuses(const std::string& text, const std::string& about) {
  const auto what = printable(complaint(text));  // as it is said: in one line
  CAPTURE(what);
  const bool said = what.find(about) != std::string::npos;
  CHECK(said);
  return said && what.find('\n') == std::string::npos;
}

}  // namespace

TEST_CASE("What was written as CSV and read, is written as the same bytes again") {
  std::mt19937_64 random(1);
  for (int trial = 0; trial < 20; ++trial) {
    const auto runs = random_runs(random, 5);
    const auto text = runs_csv(runs);
    const auto report = parse_report(text, "x.csv");
    CHECK(report.kind == "runs");
    CHECK(runs_csv(report.runs) == text);
  }
}

TEST_CASE("What was written as JSON is read as the same CSV") {
  std::mt19937_64 random(2);
  for (int trial = 0; trial < 20; ++trial) {
    const auto runs = random_runs(random, 5);
    const auto report = parse_report(report_json(runs, {}), "run.json");
    CHECK(report.kind == "JSON");
    CHECK(runs_csv(report.runs) == runs_csv(runs));
  }
}

TEST_CASE("Columns may come in any order; unknown ones are ignored and absent ones empty") {
  const auto runs =
      parse_report("wall_s,colour,status,config_id\r\n0.5,red,ok,c1\r\n", "x.csv").runs;
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].wall_s == 0.5);
  CHECK(runs[0].config_id == "c1");
  CHECK(runs[0].run_id == "c1-0");
  CHECK_FALSE(runs[0].loss_final);
}

TEST_CASE("A byte order mark, either line end, empty lines and a missing last one are no matter") {
  const std::string expected = runs_csv(parse_report("config_id,status\nc1,ok\n", "x").runs);
  for (const std::string text :
       {"\xef\xbb\xbf"
        "config_id,status\nc1,ok\n",
        "config_id,status\r\nc1,ok\r\n", "config_id,status\nc1,ok",
        "\nconfig_id,status\n\nc1,ok\n\n", "\"config_id\",\"status\"\n\"c1\",\"ok\""})
    CHECK(runs_csv(parse_report(text, "x").runs) == expected);
}

TEST_CASE("The rows of a curve are put together to runs that end where the curve does") {
  RunRecord written[] = {sample_run(0), sample_run(1)};
  for (auto& run : written) {
    run.curve.resize(3);
    run.curve[0].loss = 0.7;
    auto& last = run.curve[2];
    last.time_s = 2;
    last.updates = 100;
    last.examples_processed = 800;
    last.loss = 0.25;
  }
  written[1].curve[2].loss.reset();
  const auto report = parse_report(curve_csv(written), "curve.csv");
  CHECK(report.kind == "curves");
  REQUIRE(report.runs.size() == 2);
  // A curve is of a run, and what else that is, other rows say.
  for (auto& run : written) {
    run.backend = run.protocol = "";
    run.workers = run.batch = 0;
    run.lr = 0;
  }
  CHECK(curve_csv(report.runs) == curve_csv(written));
  const auto& run = report.runs[0];
  CHECK(run.config_id == "c1");
  CHECK(run.repeat == 0);
  CHECK(run.wall_s == 2);
  CHECK(run.updates == 100);
  CHECK(run.examples_per_s == 400);
  CHECK(run.loss_initial == 0.7);
  CHECK(run.loss_final == 0.25);
  CHECK(report.runs[1].repeat == 1);
  CHECK(report.runs[1].status == "diverged");
}

TEST_CASE("The rows of a histogram are put together to a mean staleness") {
  RunRecord written = sample_run(3);
  written.staleness = {{.worker = 0, .staleness = 1, .count = 30},
                       {.worker = 1, .staleness = 5, .count = 10}};
  const auto report = parse_report(staleness_csv({&written, 1}), "staleness.csv");
  CHECK(report.kind == "staleness");
  CHECK(report.runs.at(0).staleness_mean == 2);
  CHECK(report.runs.at(0).staleness_max == 5);
  CHECK(report.runs.at(0).repeat == 3);
}

TEST_CASE("What is no report is refused in one line that says where and why") {
  CHECK(refuses("", "x.csv:1:1: it is empty"));
  CHECK(refuses("name,time\na,1\n", "config_id"));
  CHECK(refuses("config_id,status\n", "no rows"));
  CHECK(refuses("config_id,status\nc1\n", "x.csv:2:1: a row of 1 cells"));
  CHECK(refuses("config_id,status\nc1,fine\n", "'fine' is no status"));
  CHECK(refuses("config_id,status\n,ok\n", "config_id"));
  CHECK(refuses("config_id,status,wall_s\nc1,ok,1e\n", "x.csv:2:7: '1e' can't be wall_s"));
  CHECK(refuses("config_id,status,wall_s\nc1,ok,nan\n", "wall_s"));
  CHECK(refuses("config_id,status,wall_s\nc1,ok,\"1\n2\"\n", "wall_s"));
  CHECK(refuses("config_id,status,status\nc1,ok,ok\n", "x.csv:1:18: the column status"));
  CHECK(refuses("config_id,status\nc1,o\"k\n", "x.csv:2:5: a quote"));
  CHECK(refuses("config_id,status\nc1,\"o\"k\n", "x.csv:2:7: "));
  CHECK(refuses("config_id,status\nc1,\"ok\n", "x.csv:2:4: the quote"));
  CHECK(refuses("config_id,status\nc1,ok\nc1,ok\n", "x.csv:3:1: run c1-0 stands in line 2"));
  CHECK(refuses("{\"benchmarks\": [{\n\"name\": ", "x.csv:2:"));
  CHECK(refuses("{\"benchmarks\": []}", "empty"));
  CHECK(refuses("{\"context\": {}}", "benchmarks"));
  CHECK(refuses("{\"benchmarks\": [{\"name\": \"BM_other\"}]}", "no config_id"));
  CHECK(refuses("{\"benchmarks\": [3]}", "no object"));
  CHECK(refuses("{\"benchmarks\": [{\"config_id\": \"c\", \"status\": \"ok\", \"wall_s\": [1]}]}",
                "benchmarks[0].wall_s"));
  CHECK(refuses("{\"benchmarks\": 1e999}", "too large"));
}

TEST_CASE("A file that is not there or a folder is missing, not bad") {
  CHECK_THROWS_AS(read_report("/no/such/report.csv"), MissingReport);
  CHECK_THROWS_AS(read_report("/"), MissingReport);
}

TEST_CASE("A damaged report is read or refused, and nothing else") {
  std::mt19937_64 random(3);
  std::vector<std::string> originals;
  auto runs = random_runs(random, 2);
  runs[0].curve.resize(2);
  runs[1].staleness.resize(2);
  for (const auto& text :
       {runs_csv(runs), report_json(runs, {}), curve_csv(runs), staleness_csv(runs)})
    originals.push_back(text);
  const std::string interesting = "\",\r\n{}[]0-e.\\\xff";
  for (int trial = 0; trial < 400; ++trial) {
    std::string text = originals[trial % originals.size()];
    for (std::size_t edits = 1 + random() % 4; edits > 0 && !text.empty(); --edits) {
      const auto at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.insert(at, 1, interesting[random() % interesting.size()]);
          break;
        case 2:
          text.erase(at, random() % 40);
          break;
        default:
          text.resize(at);
          break;
      }
    }
    try {
      parse_report(text, "x");
    } catch (const BadReport&) {
    }
  }
}
