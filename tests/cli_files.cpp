// No report replaces what it is made from, and what can't be said changes nothing.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>

#include "cli/files.h"
#include "tests/cli_process.h"
#include "workloads/names.h"

using namespace sgdbench;
namespace fs = std::filesystem;

namespace {

constexpr const char* kRows = "1 1:1 2:0.5\n-1 1:-1\n1 2:1\n-1 2:-1\n";
const std::string kTalk =
    "run --workload logreg --backend sequential --epochs 1 --data t.svm --repeats ";
const std::string kTrain = kTalk + "2 -q ";

void check_untouched(const Scratch& scratch, const std::string& command, const std::string& file,
                     const std::string& before_command = "", const std::string& after = "") {
  CAPTURE(command);
  const auto before = content(scratch.path(file));
  const auto done = scratch.run(command, before_command, after);
  CAPTURE(done.err);
  CHECK(done.code == 2);
  CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 1);
  CHECK(done.err.find("overwritten") != std::string::npos);
  CHECK(content(scratch.path(file)) == before);
}

}  // namespace

TEST_CASE("A file that is read is not written, whichever is said first, and may be read again") {
  const Scratch scratch;
  const fs::path a = scratch.file("a", "x"), b = scratch.path("b");
  fs::create_symlink("a", scratch.path("link"));
  FileUse files;
  files.reads("--data", a);
  files.reads("--test-data", a);
  CHECK_THROWS_WITH_AS(files.writes("--csv", scratch.path("link")), doctest::Contains("--data"),
                       UsageError);
  files.writes("--csv", b);
  CHECK_THROWS_WITH_AS(files.writes("--curve", scratch.path("./b")), doctest::Contains("--curve"),
                       UsageError);
  CHECK_THROWS_AS(files.reads("--config", b), UsageError);
  files.writes("--csv", "/dev/null");
  files.writes("--json", "/dev/null");
}

TEST_CASE(
    "Two reports to one pipe are refused, and a pipe that is read may be one that is written") {
  const Scratch scratch;
  const auto pipe = scratch.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  FileUse files;
  files.reads("--config", pipe);
  files.writes("--csv", pipe);
  CHECK_THROWS_AS(files.writes("--curve", pipe), UsageError);
}

TEST_CASE(
    "What a cell reads is its data, the labels beside them and the traces of its distributions") {
  const Scratch scratch;
  Configuration configuration;
  configuration.data.source = scratch.file("train-images-idx3-ubyte", "");
  configuration.spec.conditions.latency =
      Distribution::parse("trace:" + scratch.file("distributions", "1ms\n"));
  for (const auto* name :
       {"train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte.gz"})
    scratch.file(name, "");
  for (const auto* name :
       {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte.gz", "distributions"}) {
    CAPTURE(name);
    FileUse files;
    files.writes("--csv", scratch.path(name));
    CHECK_THROWS_AS(files.reads_of({&configuration, 1}), UsageError);
  }
}

TEST_CASE("No report of a run replaces its data, its test data, its suite or a trace") {
  const Scratch scratch;
  for (const auto* name : {"t.svm", "u.svm"}) scratch.file(name, kRows);
  scratch.file("distributions", "1us\n");
  scratch.file("s.toml", "workload = \"logreg\"\ndata = \"t.svm\"\n");
  fs::create_hard_link(scratch.path("t.svm"), scratch.path("hard"));
  for (const std::string option : {"--csv ./t.svm", "--curve hard", "--json t.svm", "--trace t.svm",
                                   "--journal t.svm", "--export bencher=t.svm"})
    check_untouched(scratch, kTrain + option, "t.svm");
  check_untouched(scratch, kTrain + "--test-data u.svm --markdown u.svm", "u.svm");
  check_untouched(scratch, kTrain + "--compute-delay trace:distributions --targets distributions",
                  "distributions");
  check_untouched(scratch, "run --config s.toml --staleness s.toml", "s.toml");
  check_untouched(scratch, kTrain, "t.svm", "", ">>t.svm");
  fs::create_directory(scratch.path("dir"));
  fs::create_symlink("../t.svm", scratch.path("dir/workers.csv"));
  check_untouched(scratch, kTrain + "--output dir", "t.svm");
  CHECK(!fs::exists(scratch.path("dir/runs.csv")));
}

TEST_CASE(
    "Neither do a comparison, a picture, data that are made or distributions that are measured") {
  const Scratch scratch;
  scratch.file("t.svm", kRows);
  CHECK(scratch.run(kTrain + "--csv base.csv --trace t.json").code == 0);
  check_untouched(scratch, "compare base.csv base.csv -o ./base.csv", "base.csv");
  fs::copy_file(scratch.path("base.csv"), scratch.path("b.csv"));
  check_untouched(scratch, "compare base.csv - -o b.csv", "b.csv", "<b.csv");
  check_untouched(scratch, "report t.json --svg t.json", "t.json");
  check_untouched(scratch, "data make t.svm -o t.svm", "t.svm");
  check_untouched(scratch, "compare --paired 'x --config=base.csv' y -o base.csv", "base.csv");
  fs::create_directory(scratch.path("distributions"));
  scratch.file("distributions/compute.trace", "1us\n");
  check_untouched(scratch,
                  "calibrate -q --workload logreg --data t.svm --compute-delay "
                  "trace:distributions/compute.trace --output distributions",
                  "distributions/compute.trace");
}

TEST_CASE("With no stderr, stdin or stdout a run has the same rows, or says 74 before it begins") {
  const Scratch scratch;
  scratch.file("t.svm", kRows);
  // A warning is due before the first run, and a note after the last.
  const auto run = kTalk + "3 --until-ci 0.0001% --budget 0.01 --strict --csv r.csv ";
  for (const std::string closed : {"2>&-", "<&- 2>&-", "2>/dev/full"}) {
    CAPTURE(closed);
    fs::remove(scratch.path("r.csv"));
    CHECK(scratch.run(run, "", ">out " + closed).code == 0);
    const auto rows = csv_rows(content(scratch.path("r.csv")));
    REQUIRE(rows.size() > 3);
    for (std::size_t i = 1; i < rows.size(); ++i) CHECK(cell(rows, i, "status") == "ok");
  }
  fs::remove(scratch.path("r.csv"));
  CHECK(scratch.run(run, "", ">&- 2>&-").code == 74);
  CHECK(!fs::exists(scratch.path("r.csv")));
  // Of a table that finds no place, the reports are there all the same.
  CHECK(scratch.run(run, "", ">/dev/full").code == 74);
  CHECK(csv_rows(content(scratch.path("r.csv"))).size() > 3);
}

TEST_CASE("A trace that can't be written ends the sweep with 74 and fails no row") {
  const Scratch scratch;
  scratch.file("t.svm", kRows);
  const auto done = scratch.run(kTrain + "--trace /dev/full --csv r.csv");
  CHECK(done.code == 74);
  const auto rows = csv_rows(content(scratch.path("r.csv")));
  for (std::size_t i = 1; i < rows.size(); ++i) CHECK(cell(rows, i, "status") == "ok");
}
