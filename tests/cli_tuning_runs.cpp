// Searches of real runs: what a tuned run says, and what its options may say.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "tests/cli_process.h"

using namespace sgdbench;

TEST_CASE("A tuned run says what was chosen, how flat it is, and what the search cost") {
  const Scratch scratch;
  const auto done = scratch.run(
      "run --workload logreg --data rcv1-like:rows=600,features=300 --backend simulator "
      "--workers 2 --compute-time exp:1ms --protocol async,bsp --lr tuned --batch tuned --target "
      "10% --epochs 6 "
      "--repeats 2 -q --csv runs.csv --tuning tuning.csv");
  CHECK(done.code == 0);
  const auto rows = csv_rows(content(scratch.path("runs.csv")));
  const auto trials = csv_rows(content(scratch.path("tuning.csv")));
  REQUIRE(rows.size() == 1 + 4);
  std::map<std::string, std::size_t> count;
  std::set<std::string> seeds;
  for (std::size_t i = 1; i < trials.size(); ++i) {
    ++count[cell(trials, i, "config_id")];
    seeds.insert(cell(trials, i, "seed"));
  }
  for (std::size_t i = 1; i < rows.size(); ++i) {
    CHECK(cell(rows, i, "tuned") == "batch lr");
    CHECK(std::to_string(count[cell(rows, i, "config_id")]) == cell(rows, i, "tuning_trials"));
    CHECK(std::stod(cell(rows, i, "lr_tuned_low")) <= std::stod(cell(rows, i, "lr")));
    CHECK(std::stod(cell(rows, i, "lr_tuned_high")) >= std::stod(cell(rows, i, "lr")));
    CHECK(!seeds.contains(cell(rows, i, "seed")));
    CHECK(cell(rows, i, "command").find("--lr tuned") != std::string::npos);
  }
  // Virtual times: the same search again, to the bit.
  const auto again = scratch.run(
      "run --workload logreg --data rcv1-like:rows=600,features=300 --backend simulator "
      "--workers 2 --compute-time exp:1ms --protocol async,bsp --lr tuned --batch tuned --target "
      "10% --epochs 6 "
      "--repeats 2 -q --no-cache --csv runs2.csv --tuning tuning2.csv");
  CHECK(content(scratch.path("tuning.csv")) == content(scratch.path("tuning2.csv")));
}

TEST_CASE("The limits of a mini-batch that is searched for are kept, repeated and checked") {
  const Scratch scratch;
  const std::string run =
      "run --workload logreg --data rcv1-like:rows=600,features=300 --backend simulator "
      "--workers 2 --compute-time constant:1ms --target 10% --epochs 4 --repeats 1 --lr auto -q ";
  REQUIRE(scratch.run(run + "--batch tuned:3..20 --csv runs.csv --tuning tuning.csv").code == 0);
  const auto trials = csv_rows(content(scratch.path("tuning.csv")));
  std::set<std::string> batches;
  for (std::size_t i = 1; i < trials.size(); ++i) batches.insert(cell(trials, i, "batch"));
  CHECK(batches.contains("3"));
  CHECK(batches.contains("12"));
  for (const auto& batch : batches) CHECK((std::stoi(batch) >= 3 && std::stoi(batch) <= 20));
  const auto rows = csv_rows(content(scratch.path("runs.csv")));
  CHECK(cell(rows, 1, "command").find("--batch tuned:3..20") != std::string::npos);
  CHECK(cell(rows, 1, "tuned") == "batch");
  for (const std::string wrong : {"tuned:", "tuned:16", "tuned:64..16", "tuned:0..4", "tuned:a..b"})
    CHECK(scratch.run(run + "--batch " + wrong).code == 2);
  // One search beside one given size are two configurations.
  const auto cells = scratch.run(run + "--batch tuned:3..20,8 --dry-run");
  CHECK(std::count(cells.out.begin(), cells.out.end(), '\n') == 2);
}

TEST_CASE("Where only a held-out accuracy counts, trials look at no training example") {
  const Scratch scratch;
  REQUIRE(
      scratch
          .run("run --workload logreg --data rcv1-like:rows=600,features=300 --holdout 0.3 "
               "--backend sequential --target-accuracy 0.6 --epochs 3 --repeats 1 --lr tuned -q "
               "--csv runs.csv --tuning tuning.csv")
          .code == 0);
  const auto trials = csv_rows(content(scratch.path("tuning.csv")));
  std::size_t reached = 0;
  for (std::size_t i = 1; i < trials.size(); ++i) {
    CHECK(cell(trials, i, "loss").empty());
    reached += cell(trials, i, "status") == "reached";
  }
  CHECK(reached > 0);
}
