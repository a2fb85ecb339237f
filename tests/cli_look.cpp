// `report` of what `run` wrote.
#include <doctest/doctest.h>

#include "tests/cli_process.h"

using namespace sgdbench;

namespace {

const std::string kRuns =
    "run -q --workload logreg,svm --data w8a-like:rows=60 --backend sequential "
    "--workers 1 --epochs 2 --repeats 2 --warmup 0 --target 50% ";

const std::string kOne =
    "run -q --workload logreg --data w8a-like:rows=60 --backend sequential --workers 1 "
    "--epochs 2 --repeats 2 --warmup 0 --target 50% ";

}  // namespace

TEST_CASE("report puts rows and curves together again, as a table, a page and a picture") {
  const Scratch scratch;
  const auto ran = scratch.run(kRuns + "--output made");
  CHECK(ran.code == 0);
  const auto table = scratch.run("report made/runs.csv");
  CHECK(table.code == 0);
  CHECK(table.out.find("sequential") != std::string::npos);
  CHECK(scratch.run("report made/runs.csv made/curve.csv --html page.html").code == 0);
  const auto page = content(scratch.path("page.html"));
  CHECK(page.find("The loss against time") != std::string::npos);
  CHECK(content(scratch.path("made/report.html")).find("The loss against time") !=
        std::string::npos);
  const auto picture = "--figure curves --width 500 --svg - ";
  const auto two = scratch.run(std::string("report made/runs.csv made/curve.csv ") + picture);
  CHECK(two.code == 2);
  CHECK(two.err.find("draws one problem, and these reports have 2") != std::string::npos);
  CHECK(scratch.run(kOne + "--csv r.csv --curve c.csv").code == 0);
  CHECK(scratch.run(std::string("report r.csv c.csv ") + picture).out.find("width=\"500\"") !=
        std::string::npos);
}

TEST_CASE("report refuses what it can't put together, and writes nothing") {
  const Scratch scratch;
  CHECK(scratch.run(kRuns + "--output made").code == 0);
  CHECK(scratch.run(kOne + "--csv one.csv").code == 0);
  const auto refused = [&](const std::string& words, const std::string& says, int code = 2) {
    const auto done = scratch.run("report " + words);
    CAPTURE(words);
    CAPTURE(done.err);
    CHECK(done.code == code);
    CHECK(done.err.find(says) != std::string::npos);
    CHECK(content(scratch.path("x.html")).empty());
  };
  refused("made/curve.csv --html x.html", "give runs.csv");
  refused("made/runs.csv made/run.json --html x.html", "is in these files twice");
  refused("made/runs.csv made/targets.csv --html x.html", "of configurations, not of runs");
  refused("made/runs.csv --html made/runs.csv", "would be overwritten");
  refused("one.csv --svg x.html", "nothing that the figure curves shows");
  refused("made/runs.csv --svg x.html --figure pie", "--figure: unknown figure");
  refused("made/runs.csv --svg x.html --width 3", "--width: ");
  refused("made/runs.csv --width 500", "name its file");
  refused("made/runs.csv --html x.html --from 1ms", "--from is for a trace");
  refused("absent.csv --html x.html", "absent.csv", 66);
}
