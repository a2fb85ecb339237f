// `sgdbench compare` seen from outside: exit codes, formats, errors.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "results/comparison/comparison.h"
#include "results/reports.h"
#include "tests/cli_process.h"
#include "tests/comparison_samples.h"
#include "tests/statistics_samples.h"

using namespace sgdbench;

namespace {

void check_error(const Outcome& outcome, int code, const std::string& about) {
  CAPTURE(outcome.err);
  CHECK(outcome.code == code);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK(outcome.err.find(about) != std::string::npos);
}

std::string times(double noise, double centre, std::uint64_t seed) {
  Samples samples(seed);
  return runs_csv(runs_with(&RunRecord::wall_s, samples.log_normal(10, noise, centre)));
}

/// base.csv; same.csv, no worse; slow.csv, 30 % slower; unsure.csv, within noise.
struct Reports : Scratch {
  Reports() {
    file("base.csv", times(0.01, 1, 1));
    file("same.csv", times(0.01, 1, 2));
    file("slow.csv", times(0.01, 1.3, 5));
    file("unsure.csv", times(0.2, 1.05, 4));
  }
};

bool last_line_says(const std::string& text, const std::string& part) {
  const auto start = text.rfind('\n', text.size() - 2);
  return text.substr(start == std::string::npos ? 0 : start + 1).find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("compare exits with 0 if nothing is proven, 1 for a regression, 3 if strict and unsure") {
  const Reports reports;
  const auto same = reports.run("compare base.csv same.csv --strict");
  CHECK(same.code == 0);
  CHECK(last_line_says(same.out,
                       "0 regressions, 1 fine (0 exactly, 0 improved), 0 inconclusive: exit 0"));
  const auto slow = reports.run("compare base.csv slow.csv");
  CHECK(slow.code == 1);
  CHECK(slow.out.find("REGRESSION") != std::string::npos);
  CHECK(last_line_says(slow.out, "exit 1, a regression is proven"));
  CHECK(reports.run("compare base.csv slow.csv --max-regression 50%").code == 0);
  CHECK(reports.run("compare base.csv slow.csv --max-regression 0.5").code == 0);
  CHECK(reports.run("compare base.csv unsure.csv").code == 0);
  CHECK(reports.run("compare base.csv unsure.csv --strict").code == 3);
  CHECK(reports.run("compare base.csv slow.csv --strict").code == 1);
  CHECK(last_line_says(reports.run("compare slow.csv base.csv").out,
                       "1 fine (0 exactly, 1 improved)"));
}

TEST_CASE("Where nothing is matched, or nothing is left to compare, the exit code is 3 unasked") {
  const Reports reports;
  reports.file("other.csv", runs_csv(runs_with(&RunRecord::wall_s, {1, 2, 3}, "another")));
  const auto outcome = reports.run("compare base.csv other.csv");
  CHECK(outcome.code == 3);
  CHECK(last_line_says(outcome.out, "exit 3, nothing could be compared"));
}

TEST_CASE("Where nothing could be decided, the exit code is 3 unasked, and the last line says so") {
  const Reports reports;
  auto runs = runs_with(&RunRecord::wall_s, {1, 1.02});
  reports.file("two.csv", runs_csv(runs));
  for (auto& run : runs) *run.wall_s *= 2;
  reports.file("slow two.csv", runs_csv(runs));
  const auto few = reports.run("compare two.csv 'slow two.csv'");
  CHECK(few.code == 3);
  CHECK(last_line_says(few.out, "exit 3, nothing could be decided"));
  for (auto& run : runs) run.data_checksum = 7;
  reports.file("other data.csv", runs_csv(runs));
  for (auto& run : runs) run.data_checksum = 8;
  reports.file("more data.csv", runs_csv(runs));
  CHECK(reports.run("compare 'other data.csv' 'more data.csv'").code == 3);
}

TEST_CASE("What is inconclusive says how many repeats would decide") {
  const Reports reports;
  const auto unsure = reports.run("compare base.csv unsure.csv");
  CHECK(unsure.out.find("repeats a side would decide") != std::string::npos);
}

TEST_CASE("A report that is held against itself is said to be, and nothing else is") {
  const Reports reports;
  const auto itself = reports.run("compare base.csv base.csv");
  CHECK(itself.out.find("! 10 of 10 rows of NEW are BASE's own\n") != std::string::npos);
  CHECK(reports.run("compare base.csv same.csv").out.find("BASE's own") == std::string::npos);
}

TEST_CASE("An alpha that no number of deals can show is refused") {
  const Reports reports;
  check_error(reports.run("compare base.csv same.csv --alpha 0.00001"), 2, "--alpha");
}

TEST_CASE("The first lines say what could have been found, and four repeats that nothing could") {
  const Reports reports;
  const auto outcome = reports.run("compare base.csv same.csv");
  CHECK(outcome.out.find("\nof 100 such comparisons, one configuration 10 % slower would be found "
                         "in 100, 20 % in 100\n") != std::string::npos);
  reports.file("four.csv", runs_csv(runs_with(&RunRecord::wall_s, {1, 1.02, 1.01, 1.03})));
  reports.file("slow four.csv", runs_csv(runs_with(&RunRecord::wall_s, {3, 3.02, 3.01, 3.03})));
  const auto few = reports.run("compare four.csv 'slow four.csv'");
  CHECK(few.code == 3);
  CHECK(few.out.find("\n4 repeats can decide nothing at alpha = 0.01: at least 5 are needed\n") !=
        std::string::npos);
}

TEST_CASE(
    "--inject counts how often a slower configuration is found, and a change that is allowed") {
  const Reports reports;
  const auto outcome = reports.run("compare base.csv same.csv --inject 20% --format json");
  CHECK(outcome.code == 0);
  const std::string remark = nlohmann::json::parse(outcome.out)["remarks"][0];
  CAPTURE(remark);
  int nothing = -1, allowed = -1, found = -1;
  CHECK(
      std::sscanf(remark.c_str(),
                  "of 200 comparisons of these repeats, dealt anew, %d call something slower where "
                  "nothing changed, %d where one configuration is 5 %% slower, which is allowed, "
                  "and %d where",
                  &nothing, &allowed, &found) == 3);
  CHECK(nothing <= most_false(200));
  CHECK(allowed <= most_false(200));
  CHECK(found >= 170);
}

TEST_CASE("compare --by shows which configurations of one report differ") {
  const Reports reports;
  std::vector<RunRecord> runs;
  for (const int workers : {1, 2}) {
    auto more = runs_with(&RunRecord::wall_s, Samples(7).log_normal(5, 0.01, workers),
                          "c" + std::to_string(workers));
    for (auto& run : more) run.backend = "hogwild", run.workers = workers;
    runs.insert(runs.end(), more.begin(), more.end());
  }
  reports.file("widths.csv", runs_csv(runs));
  const auto table = reports.run("compare widths.csv --by workers");
  CHECK(table.code == 0);
  CHECK(last_line_says(table.out, "1 of 1 pair differs at alpha = 0.01"));
  const auto json =
      nlohmann::json::parse(reports.run("compare widths.csv --by workers --format json").out);
  CHECK(json["pairs"][0]["a"] == "c1");
  CHECK(json["pairs"][0]["verdict"] == "a is faster");
  CHECK(reports.run("compare widths.csv --by backend").code == 3);
  check_error(reports.run("compare widths.csv widths.csv --by workers"), 2, "--by");
  check_error(reports.run("compare widths.csv --by wokers"), 2, "'workers'");
  check_error(reports.run("compare widths.csv --by workers --paired"), 2, "--paired");
  check_error(reports.run("compare widths.csv --by workers --inject 5%"), 2, "--inject");
}

TEST_CASE("compare refuses what it can't use in one line") {
  const Reports reports;
  reports.file("other.csv", "name,time\na,1\n");
  check_error(reports.run("compare base.csv"), 2, "BASE NEW");
  check_error(reports.run("compare base.csv no.csv"), 66, "no.csv");
  check_error(reports.run("compare other.csv base.csv"), 65, "other.csv:1:1");
  check_error(reports.run("compare - -"), 2, "stdin");
  check_error(reports.run("compare base.csv same.csv --metric wal_s"), 2, "'wall_s'");
  check_error(reports.run("compare base.csv same.csv --max-regression -5%"), 2,
              "--max-regression: ");
  check_error(reports.run("compare base.csv same.csv --max-regression=-0.1"), 2, "at least 0");
  check_error(reports.run("compare base.csv same.csv --alpha 0"), 2, "--alpha: ");
  check_error(reports.run("compare base.csv same.csv --max-points 200%"), 2, "--max-points: ");
  check_error(reports.run("compare base.csv same.csv --inject 0"), 2, "--inject: ");
  check_error(reports.run("compare base.csv same.csv --format jsn"), 2, "'json'");
  check_error(reports.run("compare base.csv same.csv --rounds 3"), 2, "--paired");
  check_error(reports.run("compare base.csv same.csv --out no/x.json"), 74, "no/x.json");
  check_error(reports.run("compare base.csv same.csv --out /dev/full"), 74, "/dev/full");
}

TEST_CASE("A report may come from stdin, and the comparison go to a file") {
  const Reports reports;
  CHECK(reports.run("compare - slow.csv", "cat base.csv |").code == 1);
  const auto outcome = reports.run("compare base.csv slow.csv -o verdict.txt");
  CHECK(outcome.out.empty());
  CHECK(outcome.err.find("a regression is proven") != std::string::npos);
  CHECK(content(reports.path("verdict.txt")) == reports.run("compare base.csv slow.csv").out);
  CHECK(reports.run("compare base.csv slow.csv -o verdict.txt -q").err.empty());
}

TEST_CASE("Every format says the same, without NaN or Infinity") {
  const Reports reports;
  auto missed = runs_with(&RunRecord::wall_s, {1, 2, 3, 4, 5, 6});
  for (auto& run : missed) run.target_loss = 0.1;
  reports.file("missed.csv", runs_csv(missed));
  for (auto& run : missed) run.time_to_target_s = run.wall_s;
  reports.file("reached.csv", runs_csv(missed));
  const std::string compare = "compare reached.csv missed.csv --metric time_to_target_s,misses";
  for (const std::string format : {"table", "csv", "json", "markdown", "junit"}) {
    const auto outcome = reports.run(compare + " --format " + format);
    CHECK(outcome.code == 1);
    CHECK(outcome.out.find("time_to_target_s") != std::string::npos);
    CHECK(outcome.out.find(format == "csv" ? "misses" : "of 100 such comparisons") !=
          std::string::npos);
    for (const auto* word : {"nan", "NaN", "Infinity", "inf,", " inf"})
      CHECK(outcome.out.find(word) == std::string::npos);
  }
  const auto json = nlohmann::json::parse(reports.run(compare + " --format json").out);
  CHECK(json["exit_code"] == 1);
  CHECK(json["found_shares"].size() == 5);
  CHECK(json["findings"][0]["ratio"].is_null());
  CHECK(json["findings"][0]["new_missed"] == 6);
  CHECK(json["findings"][1]["verdict"] == "regression");
  const auto rows = csv_rows(reports.run("compare base.csv slow.csv --format csv").out);
  CHECK(cell(rows, 1, "verdict") == "regression");
  CHECK(std::stod(cell(rows, 1, "ratio")) == doctest::Approx(1.3).epsilon(0.02));
}

TEST_CASE("Two runs of one configuration are compared from each report that they wrote") {
  const Scratch scratch;
  for (const std::string name : {"a", "b"})
    CHECK(
        scratch
            .run("run --workload least-squares --data quadratic:rows=50,features=3 --backend "
                 "sequential --workers 1,2 --epochs 2 --repeats 3 -q --target-loss 0.1 --targets " +
                 name + "-targets.csv --output " + name)
            .code == 0);
  for (const std::string pair :
       {"a/runs.csv b/runs.csv", "a/run.json b/run.json", "a/runs.csv b/run.json",
        "a/curve.csv b/curve.csv", "a/staleness.csv b/staleness.csv",
        "a-targets.csv b-targets.csv"}) {
    const auto outcome = scratch.run("compare --max-regression 100000% " + pair);
    CAPTURE(pair);
    CAPTURE(outcome.out);
    CAPTURE(outcome.err);
    // Three repeats decide what can be compared exactly alone.
    CHECK(outcome.code == (pair.find("run") == std::string::npos ? 3 : 0));
  }
  const auto text = scratch.run("compare a/runs.csv b/runs.csv").out;
  CHECK(text.find("identical in every repeat") != std::string::npos);
  CHECK(text.find("in both unsupported") != std::string::npos);
}

TEST_CASE(
    "run --export writes each kind where it is told, and names on stderr what it leaves out") {
  const Scratch scratch;
  const std::string run =
      "run --workload least-squares --data quadratic:rows=50,features=3 --backend sequential "
      "--epochs 1 --repeats 5 ";
  const auto outcome = scratch.run(run +
                                   "--workers 1,2 --export bencher=- --export "
                                   "github-action-benchmark=history.json");
  CHECK(outcome.code == 0);
  CHECK(nlohmann::json::parse(outcome.out).size() == 1);
  CHECK(nlohmann::json::parse(content(scratch.path("history.json"))).size() == 1);
  CHECK(outcome.err.find("--export leaves out") != std::string::npos);
  CHECK(outcome.err.find("unsupported") != std::string::npos);
  check_error(scratch.run(run + "--export bencher"), 2, "KIND=PATH");
  check_error(scratch.run(run + "--export benchr=x"), 2, "'bencher'");
  check_error(scratch.run(run + "--export bencher=x --csv x"), 2, "--export");
  check_error(scratch.run(run + "--export bencher=no/x"), 74, "no/x");
}
