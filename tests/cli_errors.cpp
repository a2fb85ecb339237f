// What goes wrong at the command line, seen from outside: exit code, one line, nothing else.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "backends/backend.h"
#include "tests/cli_process.h"

using namespace sgdbench;

namespace {

const std::string kSmall =
    "run --workload least-squares --data quadratic:rows=20,features=3 "
    "--backend sequential --workers 1 --epochs 1 --repeats 1 -q ";

void check_error(const Outcome& outcome, int code, const std::string& about) {
  CAPTURE(outcome.err);
  CHECK(outcome.code == code);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK(outcome.err.find(about) != std::string::npos);
}

}  // namespace

TEST_CASE("A typo in any name exits with 2 and one line that has the nearest valid name") {
  const Scratch scratch;
  check_error(scratch.run("rnu"), 2, "'run'");
  check_error(scratch.run("run --worker 2"), 2, "'--workers'");
  check_error(scratch.run("list bakends"), 2, "'backends'");
  check_error(scratch.run(kSmall + "--backend hogwld"), 2, "'hogwild'");
  check_error(scratch.run("run --workload logref --data quadratic"), 2, "'logreg'");
  check_error(scratch.run("run --workload logreg --data rcv1-lke"), 2, "'rcv1-like'");
  check_error(scratch.run(kSmall + "--rule momentun"), 2, "'momentum'");
  check_error(scratch.run(kSmall + "--kernels nativ"), 2, "'native'");
  check_error(scratch.run(kSmall + "--protocol asinc"), 2, "'async'");
  check_error(scratch.run(kSmall + "--lr-schedule constnt"), 2, "'constant'");
  check_error(scratch.run(kSmall + "--staleness-policy gap-awar"), 2, "'gap-aware'");
  check_error(scratch.run("list polices"), 2, "'policies'");
  check_error(scratch.run("list --format jsn"), 2, "'json'");
}

TEST_CASE("Values that can't be, and combinations that can't, exit with 2 and name the option") {
  const Scratch scratch;
  check_error(scratch.run(kSmall + "--lr 1e"), 2, "--lr: ");
  check_error(scratch.run(kSmall + "--holdout 1.5"), 2, "--holdout: ");
  for (const char* policy : {"dc:-1", "dc:x", "dc:", "inverse:2"})
    check_error(scratch.run(kSmall + "--staleness-policy " + policy), 2, "--staleness-policy: ");
  for (const char* bound : {"-1", "x", "1.5"})
    check_error(scratch.run(kSmall + "--max-staleness " + bound), 2, "--max-staleness: ");
  check_error(scratch.run(kSmall + "--seed 1 --seed 2"), 2, "--seed");
  check_error(scratch.run(kSmall + "--csv - --json -"), 2, "stdout");
  check_error(scratch.run(kSmall + "--target-accuracy 0.5"), 2, "--target-accuracy");
  check_error(scratch.run("run --workload logreg --data quadratic:rows=20,features=3"), 2,
              "logreg");
  check_error(scratch.run("run --workload logreg --data quadratic:rwos=20"), 2, "rows");
  check_error(scratch.run("data make quadratic:rows=20 -o x.parquet"), 2, ".libsvm");
  check_error(scratch.run(kSmall + "--recording none --trace x.json"), 2, "--recording full");
  check_error(scratch.run("data"), 2, "data: say what to do: ");
}

TEST_CASE("Without a word the program prints its help") {
  const Scratch scratch;
  const auto alone = scratch.run("");
  CHECK(alone.code == 0);
  CHECK(alone.err.empty());
  CHECK(alone.out == scratch.run("--help").out);
}

TEST_CASE("What only a virtual clock is told is refused where nothing has one") {
  const Scratch scratch;
  const auto virtual_names = [&] {
    std::string names;
    for (const auto& row : backend_catalog())
      if (row.virtual_clock) names = row.name;
    return names;
  }();
  const auto add = "is for --backend " + virtual_names;
  check_error(scratch.run(kSmall + "--compute-time exp:1ms"), 2, add);
  check_error(scratch.run(kSmall + "--cluster 'a:1@exp:1ms'"), 2, add);
  CHECK(scratch.run(kSmall + "--compute-time constant:0 --cluster none").code == 0);
  const auto pattern = virtual_names.substr(0, 3) + "*";
  check_error(scratch.run("run --workload none --updates 1 --backend '" + pattern + "'"), 2,
              "'" + virtual_names + "': write its name in full");
}

TEST_CASE("A clock that ends before the epochs do is not blamed on --max-seconds") {
  const Scratch scratch;
  const auto done = scratch.run(
      "run --workload least-squares --data quadratic:rows=20,features=3 --backend simulator "
      "--workers 1 --epochs 1000 --repeats 1 --compute-time constant:1e8s -q --csv -");
  CHECK(done.code == 0);
  CHECK(done.out.find("the clock itself ends after") != std::string::npos);
  CHECK(done.out.find("--max-seconds 0") == std::string::npos);
}

TEST_CASE("Bad data exits with 65 and says where it is") {
  const Scratch scratch;
  scratch.file("bad.svm", "+1 1:0.5\n-1 3:1 2:x\n");
  check_error(scratch.run("run --workload logreg --data bad.svm --backend sequential"), 65,
              "bad.svm:2:");
  check_error(scratch.run("data info bad.svm"), 65, "bad.svm:2:");
}

TEST_CASE("Missing data exits with 66, before anything else has run") {
  const Scratch scratch;
  check_error(
      scratch.run("run --workload least-squares --data quadratic:rows=20,features=3,no/such.svm "
                  "--csv made.csv"),
      66, "no/such.svm");
  check_error(scratch.run("data info ./nothing.csv"), 66, "nothing.csv");
  CHECK(!std::filesystem::exists(scratch.path("made.csv")));
}

TEST_CASE("An output that can't be written exits with 74, and nothing is left behind") {
  const Scratch scratch;
  const std::string endless =
      "run --workload least-squares --data quadratic:rows=20,features=3 --backend "
      "sequential --workers 1 --epochs 1000000000 ";
  check_error(scratch.run(endless + "--csv no/such/folder/x.csv"), 74, "no/such/folder");
  scratch.file("file", "");
  check_error(scratch.run(endless + "--output file"), 74, "file");
  check_error(scratch.run("data make quadratic:rows=20 -o no/x.svm"), 74, "no/x.svm");
  check_error(scratch.run(kSmall + "--csv -", "", "> /dev/full"), 74, "stdout");
  check_error(scratch.run("list", "", ">&-"), 74, "stdout");
}

TEST_CASE("A reader that leaves early is no crash") {
  const Scratch scratch;
  // The shell reports the last program of a pipe, so the code is written down beside it.
  scratch.run("list; echo $? >code", "(", ") | true");
  CHECK((content(scratch.path("code")) == "74\n" || content(scratch.path("code")) == "0\n"));
}

TEST_CASE("Errors of the data name the options that would help, as they are typed") {
  const Scratch scratch;
  scratch.file("zero.svm", "1 0:0.5\n");
  check_error(scratch.run("data info zero.svm"), 65, "use --index-base 0\n");
  scratch.file("named.csv", "a,label,target\n1,2,3\n");
  check_error(scratch.run("data info named.csv"), 2, "name it with --label-column\n");
  check_error(scratch.run("run --workload logreg --backend sequential --holdout 0.1 --test-data "
                          "rcv1-like:rows=9 --data rcv1-like:rows=9"),
              2, "--holdout and --test-data both name the test rows");
  check_error(scratch.run("optimum --workload svm --l2 0 --data rcv1-like:rows=9"), 2,
              "use --l2 above 0\n");
}
