// Targets and repeats of whole runs, seen from outside.
#include <doctest/doctest.h>

#include <map>
#include <string>

#include "tests/cli_process.h"

using namespace sgdbench;

namespace {

const std::string kTargetsProblem =
    "run -q --workload logreg --data rcv1-like:rows=300,features=200 --lr 0.5 --warmup 0 ";
const std::string kOne =
    kTargetsProblem + "--backend sequential --workers 1 --epochs 20 --repeats 1 ";

/// The same without -q.
std::string aloud(std::string run) {
  return run.erase(run.find(" -q"), 3);
}

using CsvRows = std::vector<std::vector<std::string>>;

double number(const CsvRows& rows, std::size_t row, const std::string& column) {
  return std::stod(cell(rows, row, column));
}

}  // namespace

TEST_CASE("A target is a share above an optimum that no run ends below") {
  const Scratch scratch;
  const auto done =
      scratch.run(kOne + "--target 20%,10% --csv - --curve " + scratch.path("curve.csv") +
                  " --targets " + scratch.path("targets.csv"));
  CHECK(done.code == 0);
  const auto rows = csv_rows(done.out);
  const double optimum = number(rows, 1, "loss_optimum");
  CHECK(number(rows, 1, "target_loss") == doctest::Approx(1.1 * optimum).epsilon(1e-12));
  CHECK(cell(rows, 1, "target") == "20%,10%");
  CHECK(cell(rows, 1, "target_measure") == "relative");
  CHECK(cell(rows, 1, "reached") == "true");
  CHECK(number(rows, 1, "optimum_gap") <= 1e-9 * optimum);
  CHECK(number(rows, 1, "loss_final") >= optimum * (1 - 1e-9));
  const auto curve = csv_rows(content(scratch.path("curve.csv")));
  for (std::size_t i = 1; i < curve.size(); ++i)
    CHECK(number(curve, i, "suboptimality") ==
          doctest::Approx(number(curve, i, "loss") - optimum).epsilon(1e-9));
  const auto targets = csv_rows(content(scratch.path("targets.csv")));
  REQUIRE(targets.size() == 3);
  CHECK(cell(targets, 2, "time_to_target_s") == cell(rows, 1, "time_to_target_s"));
  CHECK(number(targets, 1, "epochs_to_target") <= number(targets, 2, "epochs_to_target"));
}

TEST_CASE("--stop-at-target ends at the point that a run without it names, and says so") {
  const Scratch scratch;
  const auto whole = csv_rows(scratch.run(kOne + "--target 10% --csv -").out);
  const auto stopped = csv_rows(scratch.run(kOne + "--target 10% --stop-at-target --csv -").out);
  CHECK(cell(whole, 1, "stopped_at_target").empty());
  CHECK(cell(stopped, 1, "stopped_at_target") == "true");
  CHECK(cell(stopped, 1, "status") == "ok");
  CHECK(cell(stopped, 1, "epochs_to_target") == cell(whole, 1, "epochs_to_target"));
  CHECK(cell(stopped, 1, "updates_to_target") == cell(whole, 1, "updates_to_target"));
  // It went on until a point said so.
  CHECK(number(stopped, 1, "wall_s") >= number(stopped, 1, "time_to_target_high_s"));
  CHECK(number(stopped, 1, "time_to_target_high_s") >= number(stopped, 1, "time_to_target_s"));
  CHECK(number(stopped, 1, "time_to_target_s") >= number(stopped, 1, "time_to_target_low_s"));
  CHECK(number(stopped, 1, "updates") < number(whole, 1, "updates"));
  const auto missed =
      csv_rows(scratch.run(kOne + "--target-loss 0.0001 --stop-at-target --csv -").out);
  CHECK(cell(missed, 1, "stopped_at_target") == "false");
  CHECK(cell(missed, 1, "reached") == "false");
  CHECK(cell(missed, 1, "time_to_target_s").empty());
  CHECK(number(missed, 1, "epochs") == 20);
}

TEST_CASE("The curve tells 5 % from 2 % above the optimum, by itself and on a virtual clock too") {
  const Scratch scratch;
  const auto done = scratch.run(
      kTargetsProblem +
      "--backend sequential,simulator --compute-time exp:1ms --workers 1 --epochs 40 --repeats 1 "
      "--target 20%,10%,5% --targets -");
  CHECK(done.code == 0);
  const auto targets = csv_rows(done.out);
  REQUIRE(targets.size() == 1 + 6);
  for (std::size_t i = 1; i < targets.size(); ++i) {
    CAPTURE(i);
    CHECK(cell(targets, i, "reached") == "true");
    CHECK(number(targets, i, "time_to_target_low_s") <= number(targets, i, "time_to_target_s"));
    CHECK(number(targets, i, "time_to_target_s") <= number(targets, i, "time_to_target_high_s"));
    if (i % 3 == 1) continue;
    CHECK(number(targets, i, "time_to_target_s") > number(targets, i - 1, "time_to_target_s"));
    CHECK(number(targets, i, "epochs_to_target") > number(targets, i - 1, "epochs_to_target"));
  }
}

TEST_CASE("Every backend reaches a target that it is stopped at, with several workers") {
  const Scratch scratch;
  const auto rows =
      csv_rows(scratch
                   .run(kTargetsProblem + "--backend '*' --workers 3 --epochs 30 --repeats 1 "
                                          "--target 15% --evaluations 60 --stop-at-target --csv -")
                   .out);
  CHECK(rows.size() > 5);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (cell(rows, i, "status") == "unsupported") continue;
    INFO(cell(rows, i, "backend"));
    CHECK(cell(rows, i, "status") == "ok");
    CHECK(cell(rows, i, "reached") == cell(rows, i, "stopped_at_target"));
  }
}

TEST_CASE("--until-ci goes on until the medians are known, and says what is not known in time") {
  const Scratch scratch;
  const auto easy = scratch.run(kOne + "--until-ci 100% --csv -");
  // 90 % confidence needs five repeats.
  CHECK(csv_rows(easy.out).size() >= 1 + 5);
  const auto hopeless = scratch.run(kOne + "--until-ci 0.0000001% --budget 0 --csv -");
  CHECK(csv_rows(hopeless.out).size() == 1 + 1);
  CHECK(hopeless.err.find("its median time is known to no interval after 1 repeats") !=
        std::string::npos);
}

TEST_CASE("--until-gate goes on until compare would find a slowdown, and says what it would find") {
  const Scratch scratch;
  const auto easy = scratch.run(aloud(kOne) + "--until-gate 1000% --csv -");
  CHECK(easy.code == 0);
  CHECK(csv_rows(easy.out).size() >= 1 + 5);  // fewer decide nothing
  CHECK(easy.err.find("of 100 comparisons of two such reports, one configuration 1e+03 % slower") !=
        std::string::npos);
  const auto hopeless = scratch.run(aloud(kOne) + "--until-gate 5% --budget 0 --csv -");
  CHECK(csv_rows(hopeless.out).size() == 1 + 1);
  CHECK(hopeless.err.find("found in 0: time was up before it was 90") != std::string::npos);
}

TEST_CASE("A report of fewer repeats than compare needs says so") {
  const Scratch scratch;
  const auto few = scratch.run(aloud(kOne) + "--csv r.csv");
  CHECK(few.err.find("1 repeat a configuration: `compare` decides nothing about times from fewer "
                     "than 5") != std::string::npos);
  const auto enough =
      aloud(kTargetsProblem) + "--backend sequential --workers 1 --repeats 5 --csv r.csv";
  CHECK(scratch.run(enough).err.find("decides nothing") == std::string::npos);
}

TEST_CASE("Each run of a suite keeps its own --until-ci") {
  const Scratch scratch;
  scratch.file("s.toml",
               "workload = \"logreg\"\ndata = \"rcv1-like:rows=300,features=200\"\n"
               "backend = \"sequential\"\nworkers = 1\nepochs = 2\nrepeats = 2\nwarmup = 0\n"
               "[[run]]\nlr = 0.25\nuntil-ci = \"100%\"\n[[run]]\nlr = 0.5\n");
  const auto rows = csv_rows(scratch.run("run -q --config s.toml --csv -").out);
  std::map<std::string, int> repeats;
  for (std::size_t i = 1; i < rows.size(); ++i) ++repeats[cell(rows, i, "lr")];
  CHECK(repeats["0.25"] >= 5);
  CHECK(repeats["0.5"] == 2);
}

TEST_CASE("A share above the optimum leaves a network of the default suite its own target") {
  const Scratch scratch;
  const auto done = scratch.run("run --target 5% --dry-run");
  CHECK(done.code == 0);
  CHECK(done.out.find("--workload logreg") != std::string::npos);
  CHECK(done.out.find("--target 5%") != std::string::npos);
  CHECK(done.out.find("--target-accuracy 0.8\n") != std::string::npos);
  CHECK(scratch.run("run --workload mlp --target 5% --dry-run").code == 2);
}

TEST_CASE("An interrupt while the optimum is computed leaves rows that --resume runs again") {
  const Scratch scratch;
  const std::string run =
      "run -q --workload logreg --data rcv1-like:rows=30000 --backend sequential --epochs 1 "
      "--repeats 2 --warmup 0 --target 50% --journal j --csv r.csv ";
  // The journal is there before the data; loading them takes longer than a look at the journal.
  const auto cut = scratch.run(run, "{",
                               ">out & while kill -0 $! && ! [ -s j ]; do sleep 0.01; done; "
                               "kill -TERM $!; wait $!; }");
  CHECK(cut.code == 130);
  const auto rows = csv_rows(content(scratch.path("r.csv")));
  REQUIRE(rows.size() == 3);
  CHECK(cell(rows, 1, "status") == "interrupted");
  CHECK(scratch.run(run + "--resume").code == 0);
  const auto resumed = csv_rows(content(scratch.path("r.csv")));
  REQUIRE(resumed.size() == 3);
  CHECK(cell(resumed, 1, "status") == "ok");
}

TEST_CASE("A target that only some runs of a suite have is checked for them") {
  const Scratch scratch;
  scratch.file("s.toml",
               "workload = \"logreg\"\ndata = \"rcv1-like:rows=50,features=40\"\n"
               "backend = \"sequential\"\n[[run]]\n[[run]]\ntarget-accuracy = 0.9\n");
  const auto done = scratch.run("run -q --config s.toml");
  CHECK(done.code == 2);
  CHECK(done.err.find("no held-out accuracy") != std::string::npos);
}

TEST_CASE("Unreachable requests are refused in one line before any data is loaded") {
  const Scratch scratch;
  const auto network = scratch.run(
      "run -q --workload logreg,mlp --data rcv1-like:rows=300,features=200 --target 1%");
  CHECK(network.code == 2);
  CHECK(network.out.empty());
  CHECK(network.err.find("--target-accuracy") != std::string::npos);
  CHECK(scratch.run(kOne + "--stop-at-target").code == 2);
  CHECK(scratch.run(kOne + "--target 0%").code == 2);
}
