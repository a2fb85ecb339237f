// Whole runs on small data, seen from outside.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/cli_process.h"

using namespace sgdbench;

namespace {
const std::string kProblem =
    "run -q --workload least-squares --data quadratic:rows=200,features=5 ";
const std::string kOne = kProblem + "--backend sequential --workers 1 --repeats 1 --warmup 0 ";
}  // namespace

TEST_CASE(
    "With --csv - stdout is a CSV and nothing else, with a row for every repeat of every cell") {
  const Scratch scratch;
  const auto done = scratch.run(
      kProblem +
      "--backend sequential,hogwild,locked --workers 1,2 --epochs 2 --repeats 2 --csv -");
  CHECK(done.code == 0);
  CHECK(done.err.empty());
  const auto rows = csv_rows(done.out);
  REQUIRE(rows.size() == 1 + 3 * 2 * 2);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    CHECK(rows[i].size() == rows[0].size());
    CHECK(cell(rows, i, "order") == std::to_string(i - 1));
    const bool refused =
        cell(rows, i, "backend") == "sequential" && cell(rows, i, "workers") == "2";
    CHECK(cell(rows, i, "status") == (refused ? "unsupported" : "ok"));
    CHECK(cell(rows, i, "wall_s").empty() == refused);
    CHECK(cell(rows, i, "reason").empty() == !refused);
  }
}

TEST_CASE("A dry run prints the ids and commands that the rows of the real one have") {
  const Scratch scratch;
  const auto axes = kProblem + "--backend hogwild --write store,cas --lr auto,0.5 --epochs 1 ";
  const auto dry = scratch.run(axes + "--dry-run");
  const auto rows = csv_rows(scratch.run(axes + "--repeats 1 --csv -").out);
  CHECK(std::count(dry.out.begin(), dry.out.end(), '\n') == 4);
  REQUIRE(rows.size() == 5);
  for (std::size_t i = 1; i < rows.size(); ++i)
    CHECK(dry.out.find(cell(rows, i, "config_id") + "  sgdbench run") != std::string::npos);
}

TEST_CASE(
    "A row's command repeats it: the same configuration and, where deterministic, the same loss") {
  const Scratch scratch;
  const auto first = csv_rows(scratch.run(kOne + "--seed 5 --batch 3 --epochs 3 --csv -").out);
  const auto command = cell(first, 1, "command").substr(std::string("sgdbench ").size());
  const auto second = csv_rows(scratch.run(command + " -q --csv -").out);
  for (const auto* column : {"config_id", "loss_final", "updates", "seed", "batch", "lr"})
    CHECK(cell(second, 1, column) == cell(first, 1, column));
}

TEST_CASE("--output leaves all reports, and the summary still goes to stdout") {
  const Scratch scratch;
  const auto done = scratch.run(kOne + "--epochs 2 --output made/here");
  CHECK(done.code == 0);
  CHECK(done.out.find("least-squares on quadratic:rows=200,features=5") != std::string::npos);
  for (const auto* name : {"runs.csv", "curve.csv", "staleness.csv", "workers.csv", "run.json"})
    CHECK(!content(scratch.path(std::string("made/here/") + name)).empty());
  CHECK(csv_rows(content(scratch.path("made/here/curve.csv"))).size() == 1 + 3);
}

TEST_CASE("A run that diverges is a row that says so, without a number that is none") {
  const Scratch scratch;
  const auto done = scratch.run(kOne + "--lr 1e9 --epochs 5 --csv - --strict");
  CHECK(done.code == 3);
  CHECK(cell(csv_rows(done.out), 1, "status") == "diverged");
  for (const auto& row : csv_rows(done.out))
    for (const auto& text : row)
      CHECK((text != "nan" && text != "-nan" && text != "inf" && text != "-inf"));
}

TEST_CASE("A run that is out of time says so") {
  const Scratch scratch;
  const auto rows = csv_rows(
      scratch.run(kOne + "--epochs 1000000000 --evaluations 2 --max-seconds 0.05 --csv -").out);
  CHECK(cell(rows, 1, "status") == "timeout");
}

TEST_CASE("--updates alone makes exactly so many updates") {
  const Scratch scratch;
  const auto rows = csv_rows(scratch.run(kOne + "--batch 7 --updates 1234 --csv -").out);
  CHECK(cell(rows, 1, "updates") == "1234");
}

TEST_CASE("An interrupt ends the cell that runs, writes the rows and exits with 130") {
  const Scratch scratch;
  const auto done = scratch.run(kProblem +
                                    "--backend sequential --repeats 3 --workers 1 --epochs "
                                    "1000000000 --evaluations 2 --csv -",
                                "timeout --preserve-status -s INT 2");
  CHECK(done.code == 130);
  const auto rows = csv_rows(done.out);
  REQUIRE(rows.size() == 1 + 3);
  for (std::size_t i = 1; i < rows.size(); ++i) CHECK(cell(rows, i, "status") == "interrupted");
  CHECK(cell(rows, 1, "reason").starts_with("after "));
  CHECK(cell(rows, 2, "reason") == "not started");
}

TEST_CASE("An interrupt while an optimum is computed is no proof that there is none") {
  const Scratch scratch;
  // With so small a λ the solver is at it for minutes.
  const auto done = scratch.run(
      "run -q --workload svm --data rcv1-like:rows=2000 --l2 1e-12 --target 1% --repeats 2 "
      "--backend sequential,hogwild --workers 1 --csv -",
      "timeout --preserve-status -s INT 3");
  CHECK(done.code == 130);
  const auto rows = csv_rows(done.out);
  REQUIRE(rows.size() == 1 + 4);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    CHECK(cell(rows, i, "status") == "interrupted");
    CHECK(cell(rows, i, "reason") == "not started");
  }
}

TEST_CASE("A file that was made has the checksum of the data it was made from, in any format") {
  const Scratch scratch;
  const auto checksum = [&](const std::string& source) {
    const auto text = scratch.run("data info " + source).out;
    return text.substr(text.find("checksum"), 30);
  };
  const std::string source = "w8a-like:rows=300";
  CHECK(scratch.run("data make " + source + " -o made.svm").code == 0);
  CHECK(scratch.run("data make " + source + " -o made.csv").code == 0);
  CHECK(checksum("made.svm") == checksum(source));
  CHECK(checksum("made.csv") == checksum(source));
}

TEST_CASE("What was made of a table's first line is said, and what rounding does on stderr") {
  const Scratch scratch;
  scratch.file("days.csv", "day;y\n20180128;0\n20180129;1\n");
  const auto done = scratch.run("data info days.csv");
  CHECK(done.code == 0);
  for (const auto* line : {"separator     ';'\n", "header        yes: 'day', 'y'\n",
                           "label         column 'y', number 2\n"})
    CHECK(done.out.find(line) != std::string::npos);
  CHECK(done.err.starts_with("sgdbench: note: days.csv: column 'day': 20180128 and 20180129, "));
  scratch.file("bare.csv", "1,2\n3,4\n");
  const auto bare = scratch.run("data info bare.csv").out;
  CHECK(bare.find("header        no: the first line is a row\n") != std::string::npos);
  CHECK(bare.find("label         column 1\n") != std::string::npos);
  CHECK(scratch.run("data info bare.csv --header on").out.find("rows          1\n") !=
        std::string::npos);
}

TEST_CASE("A test table with its columns in another order is tested on as it is meant") {
  const Scratch scratch;
  std::string train = "f1,f2,label\n", test = "f2,f1,label\n";
  for (int i = 0; i < 40; ++i) {
    const auto sign = std::string(i % 2 == 0 ? "1" : "-1");
    train += sign + ",0," + sign + "\n";
    test += "0," + sign + "," + sign + "\n";
  }
  scratch.file("train.csv", train);
  scratch.file("test.csv", test);
  const auto done = scratch.run(
      "run --workload logreg --data train.csv --test-data test.csv --backend sequential --workers "
      "1 "
      "--epochs 5 --repeats 1 --csv - -q");
  CHECK(cell(csv_rows(done.out), 1, "accuracy_final") == "1");
}

TEST_CASE("verify exits with 0 where every backend computes the gradient") {
  const Scratch scratch;
  const auto done =
      scratch.run("verify -q --workload least-squares --data quadratic:rows=50,features=4");
  CHECK(done.code == 0);
  CHECK(done.out.find(" 0 FAILED") != std::string::npos);
}

TEST_CASE("Lists come in three formats, and help and version on stdout") {
  const Scratch scratch;
  CHECK(csv_rows(scratch.run("list backends --format csv").out).size() > 5);
  CHECK(scratch.run("list --format json").out.starts_with("{"));
  CHECK(scratch.run("list").out.find("hogwild") != std::string::npos);
  const auto protocols = scratch.run("list protocols").out;
  for (const auto* form : {"[ssp:S]", "[k-sync:K]", "[local:H]", "[elastic:A[,N]]"})
    CHECK(protocols.find(form) != std::string::npos);
  CHECK(protocols.find("[async]") == std::string::npos);
  CHECK(scratch.run("--version").out.starts_with("sgdbench "));
  CHECK(scratch.run("run --help").out.find("--workers") != std::string::npos);
}
