// --trace and `report`, as a user sees them.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/cli_process.h"

using namespace sgdbench;
using Json = nlohmann::json;

namespace {

const std::string kTracedRun =
    "run --workload logreg --data covtype-like:rows=200 --backend '*' --workers 2 "
    "--batch 8 --epochs 2 --repeats 2 --warmup 1 --quiet ";

}  // namespace

TEST_CASE("--trace has each configuration once, and `report` reads it") {
  const Scratch scratch;
  REQUIRE(scratch.run(kTracedRun + "--csv runs.csv --trace t.json").code == 0);
  const auto runs = csv_rows(content(scratch.path("runs.csv")));
  std::size_t expected = 0;
  for (std::size_t row = 1; row < runs.size(); ++row)
    expected += cell(runs, row, "status") == "ok" && cell(runs, row, "repeat") == "0";
  const auto trace = Json::parse(content(scratch.path("t.json")));
  CHECK(trace["otherData"]["runs"].size() == expected);
  for (const auto& run : trace["otherData"]["runs"])
    CHECK(run["run_id"].get<std::string>().ends_with("-0"));

  const auto table = scratch.run("report t.json");
  CHECK(table.code == 0);
  CHECK(table.out.find("worker 1") != std::string::npos);
  CHECK(scratch.run("report t.json --svg p.svg").code == 0);
  CHECK(content(scratch.path("p.svg")).ends_with("</svg>\n"));
  CHECK(scratch.run("report t.json --svg - --from 0 --to 100us").out.starts_with("<?xml"));
  CHECK(scratch.run("report - ", "", "<t.json >out").code == 0);
}

TEST_CASE("A trace on stdout is all that is there") {
  const Scratch scratch;
  const auto outcome = scratch.run(kTracedRun + "--trace -");
  CHECK(outcome.code == 0);
  CHECK(Json::accept(outcome.out));
}

TEST_CASE("What was forgotten is said once, with the option that keeps more") {
  const Scratch scratch;
  auto talking = kTracedRun;
  talking.erase(talking.find("--quiet"), 7);
  const auto outcome = scratch.run(talking + "--trace t.json --trace-slices 2");
  CHECK(outcome.code == 0);
  CHECK(outcome.err.find("--trace-slices") != std::string::npos);
  CHECK(outcome.err.find("--trace-slices", outcome.err.find("--trace-slices") + 1) ==
        std::string::npos);
  CHECK(scratch.run("report t.json").out.find("were forgotten") != std::string::npos);
}

TEST_CASE("Bad requests for a trace are refused before anything runs") {
  const Scratch scratch;
  CHECK(scratch.run(kTracedRun + "--trace-slices 5").code == 2);
  CHECK(scratch.run(kTracedRun + "--trace t --trace-slices 0").code == 2);
  const auto huge = scratch.run(kTracedRun + "--trace t --trace-slices 1000000000");
  CHECK(huge.code == 2);
  CHECK(huge.err.find("more than half") != std::string::npos);
  CHECK(scratch.run(kTracedRun + "--trace x --csv ./x").code == 2);
  CHECK(scratch.run(kTracedRun + "--trace no/such/folder/t.json").code == 74);
  CHECK_FALSE(std::filesystem::exists(scratch.path("t")));
}

TEST_CASE("`report` says what is wrong with its input by its exit code") {
  const Scratch scratch;
  REQUIRE(scratch.run(kTracedRun + "--trace t.json").code == 0);
  scratch.file("text", "hello\n");
  scratch.file("empty", "");
  scratch.file("other.json", R"({"traceEvents":[]})");
  for (const std::string bad : {"text", "empty", "other.json"}) {
    const auto outcome = scratch.run("report " + bad);
    CHECK(outcome.code == 65);
    CHECK(outcome.err.find(bad + ":") != std::string::npos);
  }
  CHECK(scratch.run("report missing").code == 66);
  CHECK(scratch.run("report").code == 2);
  CHECK(scratch.run("report t.json --from 5").code == 2);
  CHECK(scratch.run("report t.json --from 5ms --to 1ms").code == 2);
  CHECK(scratch.run("report t.json --from 1000s").code == 2);
  CHECK(scratch.run("report t.json --svg no/such/p.svg").code == 74);
}
