// The program under mpirun, as a user starts it.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/cli_process.h"

using namespace sgdbench;

namespace {

const std::string kCluster = "'" SGDBENCH_SOURCE_DIR "/cli/cluster'";
const std::string kBinary = "'" SGDBENCH_BINARY "'";
const std::string kProblem = "--workload logreg --data rcv1-like:rows=203,features=400 ";
const std::string kShort = "--epochs 2 --repeats 2 --warmup 0 --batch 4 -q ";

Outcome on_ranks(const Scratch& scratch, int ranks, const std::string& arguments) {
  return scratch.run(arguments, kCluster + " -n " + std::to_string(ranks));
}

bool says(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("Several processes make one table with one row for each run, beside those of threads") {
  const Scratch scratch;
  const auto outcome = on_ranks(
      scratch, 3,
      "run " + kProblem + kShort + "--backend openmp-sync,mpi-allreduce --workers 1,2,3 --csv -");
  REQUIRE(outcome.code == 0);
  const auto rows = csv_rows(outcome.out);
  REQUIRE(rows.size() == 1 + 2 * 3 * 2);
  for (std::size_t r = 1; r < rows.size(); ++r) {
    CHECK(cell(rows, r, "status") == "ok");
    if (cell(rows, r, "backend") != "mpi-allreduce") continue;
    CHECK(cell(rows, r, "all_reduce") == "mpi");
    CHECK(cell(rows, r, "deterministic") == (cell(rows, r, "workers") == "1" ? "true" : "false"));
    for (std::size_t other = 1; other < rows.size(); ++other)
      if (cell(rows, other, "backend") == "openmp-sync" &&
          cell(rows, other, "workers") == cell(rows, r, "workers") &&
          cell(rows, other, "seed") == cell(rows, r, "seed"))
        CHECK(std::stod(cell(rows, r, "loss_final")) ==
              doctest::Approx(std::stod(cell(rows, other, "loss_final"))).epsilon(1e-4));
  }
}

TEST_CASE(
    "Servers and workers make rows that say what travelled, and how many processes there were") {
  const Scratch scratch;
  const auto outcome = on_ranks(scratch, 4,
                                "run " + kProblem + kShort +
                                    "--backend parameter-server,mpi-parameter-server --workers 2 "
                                    "--shards 1,2 --protocol bsp --output report");
  REQUIRE(outcome.code == 0);
  const auto rows = csv_rows(content(scratch.path("report/runs.csv")));
  REQUIRE(rows.size() == 1 + 3 * 2);
  for (std::size_t r = 1; r < rows.size(); ++r) {
    CHECK(cell(rows, r, "status") == "ok");
    CHECK(cell(rows, r, "deterministic") == "true");
    if (cell(rows, r, "backend") == "parameter-server") {
      CHECK(cell(rows, r, "ranks") == "");
      continue;
    }
    const int shards = std::stoi(cell(rows, r, "shards"));
    CHECK(cell(rows, r, "ranks") == std::to_string(2 + shards));
    CHECK(cell(rows, r, "hosts") == "1");
    CHECK(cell(rows, r, "version_spread") == (shards == 1 ? "" : "0"));
    CHECK(says(cell(rows, r, "command"), "mpirun -n " + std::to_string(2 + shards)));
    CHECK(std::stod(cell(rows, r, "bytes_sent")) > 0);
    CHECK(std::stod(cell(rows, r, "pull_bytes")) < 2 * 4 * 400);
    for (std::size_t other = 1; other < rows.size(); ++other)
      if (cell(rows, other, "backend") == "parameter-server" &&
          cell(rows, other, "seed") == cell(rows, r, "seed"))
        CHECK(std::stod(cell(rows, r, "loss_final")) ==
              doctest::Approx(std::stod(cell(rows, other, "loss_final"))).epsilon(1e-4));
  }
  const auto workers = csv_rows(content(scratch.path("report/workers.csv")));
  REQUIRE(workers.size() == 1 + 6 * 2);
  for (std::size_t r = 1; r < workers.size(); ++r)
    CHECK((cell(workers, r, "bytes_received") == "") == (cell(workers, r, "bytes_sent") == ""));
}

TEST_CASE("Tuning, targets and a report's folder work among processes") {
  const Scratch scratch;
  const auto outcome = on_ranks(
      scratch, 2,
      "run " + kProblem +
          "--epochs 20 --repeats 1 -q --backend mpi-allreduce --all-reduce ring --target 5% "
          "--stop-at-target --lr tuned --batch tuned:16..32 --trace t.json --output report");
  CHECK(outcome.code == 0);
  const auto rows = csv_rows(content(scratch.path("report/runs.csv")));
  REQUIRE(rows.size() == 2);
  CHECK(cell(rows, 1, "status") == "ok");
  CHECK(cell(rows, 1, "workers") == "2");
  CHECK(cell(rows, 1, "deterministic") == "true");
  CHECK(cell(rows, 1, "tuning_trials") != "");
  CHECK(csv_rows(content(scratch.path("report/workers.csv"))).size() == 3);
  CHECK(scratch.run("report t.json").code == 0);
}

TEST_CASE("Every gradient of processes is verified") {
  const Scratch scratch;
  const auto outcome = on_ranks(scratch, 3,
                                "verify " + kProblem +
                                    "--backend mpi-allreduce,mpi-parameter-server --rule sgd,adam "
                                    "--workers 2 -q");
  CHECK(outcome.code == 0);
  CHECK(says(outcome.out, "5 ok, 0 FAILED, 0 unsupported"));
}

TEST_CASE("Processes that differ in their words or their data are named before anything runs") {
  const Scratch scratch;
  const auto words = scratch.run("list backends", kCluster + " -n 1 " + kBinary + " list : -n 1");
  CHECK(words.code == 2);
  CHECK(says(words.err, "rank 1 on host"));
  CHECK(says(words.err, "another command line"));
  CHECK(words.out.empty());

  for (const char* folder : {"a", "b", "c"})
    std::filesystem::create_directory(scratch.path(folder));
  scratch.file("a/train.svm", "1 1:1\n-1 2:1\n1 1:0.5\n");
  scratch.file("b/train.svm", "1 1:1\n-1 2:1\n1 1:0.25\n");
  const std::string run =
      "run --workload logreg --data train.svm --backend mpi-allreduce " + kShort;
  for (const char* folder : {"b", "c"}) {
    const auto data = scratch.run(
        run, kCluster + " -n 1 --wdir a " + kBinary + " " + run + ": -n 1 --wdir " + folder);
    CHECK(data.code == (*folder == 'b' ? 65 : 66));
    CHECK(says(data.err, "rank 1 on host"));
    CHECK(says(data.err, *folder == 'b' ? "has other data" : "train.svm"));
  }
}

TEST_CASE(
    "What is wrong on one process makes a failed row, and a signal to it alone changes nothing") {
  const Scratch scratch;
  for (const char* folder : {"a", "b"}) std::filesystem::create_directory(scratch.path(folder));
  scratch.file("a/times", "0.001\n0.002\n");
  scratch.file("b/times", "0.001\n0.003\n");
  const std::string run =
      "run " + kProblem + kShort + "--backend mpi-allreduce --compute-delay trace:times --csv - ";
  const auto differs =
      scratch.run(run, kCluster + " -n 1 --wdir a " + kBinary + " " + run + ": -n 1 --wdir b");
  CHECK(differs.code == 0);
  const auto rows = csv_rows(differs.out);
  REQUIRE(rows.size() == 3);
  for (std::size_t r = 1; r < rows.size(); ++r) {
    CHECK(cell(rows, r, "status") == "failed");
    CHECK(says(cell(rows, r, "reason"), "rank 1 on host"));
  }

  const auto signalled = scratch.run(
      "", "{ timeout 60 " + kCluster + " -n 2 " + kBinary + " run " + kProblem +
              "--backend mpi-allreduce --epochs 1 --batch 8 --repeats 20 --warmup 0 -q "
              "--compute-delay constant:5ms --journal rows.jsonl --csv all.csv >out & pid=$!; "
              "until [ $(cat rows.jsonl 2>/dev/null | wc -l) -ge 3 ]; do sleep 0.05; done; "
              "mpirun=$(echo $(cat /proc/$pid/task/$pid/children)); "
              "set -- $(cat /proc/$mpirun/task/$mpirun/children); kill -TERM $2; wait $pid; "
              "exit $?; }; ");
  CHECK(signalled.code == 0);
  const auto all = csv_rows(content(scratch.path("all.csv")));
  REQUIRE(all.size() == 21);
  for (std::size_t r = 1; r < all.size(); ++r) CHECK(cell(all, r, "status") == "ok");
}

TEST_CASE("A process that is killed ends the job, and what was finished is in the journal") {
  const Scratch scratch;
  const auto started = "timeout 60 " + kCluster + " -n 2 " + kBinary + " run " + kProblem +
                       "--backend mpi-allreduce --epochs 1 --batch 8 --repeats 200 --warmup 0 -q "
                       "--compute-delay constant:10ms --journal rows.jsonl >out & pid=$!; ";
  const std::string killing =
      "until [ $(cat rows.jsonl 2>/dev/null | wc -l) -ge 3 ]; do sleep 0.05; done; "
      "mpirun=$(echo $(cat /proc/$pid/task/$pid/children)); "
      "set -- $(cat /proc/$mpirun/task/$mpirun/children); kill -9 $2; wait $pid; exit $?; ";
  const auto killed = scratch.run("", "{ " + started + killing + "}; ");
  CHECK(killed.code != 0);
  CHECK(killed.code != 124);  // it ended by itself
  CHECK(says(killed.err, "rank 1"));
  const auto kept = content(scratch.path("rows.jsonl"));
  CHECK(std::count(kept.begin(), kept.end(), '\n') >= 3);
}

TEST_CASE("Without mpirun a process says how several are started, and no pattern means them") {
  const Scratch scratch;
  const auto row =
      scratch.run("run " + kProblem + kShort + "--backend mpi-allreduce --workers 1,2 --csv -");
  const auto rows = csv_rows(row.out);
  REQUIRE(rows.size() == 5);
  for (std::size_t r = 1; r < rows.size(); ++r) {
    const bool alone = cell(rows, r, "workers") == "1";
    CHECK(cell(rows, r, "status") == (alone ? "ok" : "unsupported"));
    CHECK(says(cell(rows, r, "reason"), "mpirun -n 2") == !alone);
  }
  CHECK(scratch.run("run " + kProblem + "--backend '*' --dry-run").out.find("mpi-") ==
        std::string::npos);
  CHECK(says(on_ranks(scratch, 2, "run " + kProblem + "--backend '*' --dry-run").out,
             "--backend mpi-allreduce --workers 2"));
  const auto served = scratch.run("run " + kProblem + kShort +
                                  "--backend mpi-parameter-server --workers 1 --csv -");
  CHECK(says(served.out, "1 worker and 1 server are as many processes"));
  CHECK(says(served.out, "mpirun -n 2"));
  CHECK(scratch.run("collective").code == 2);
}

TEST_CASE("What a collective takes becomes the network of a simulation") {
  const Scratch scratch;
  const auto outcome = on_ranks(
      scratch, 2, "collective --bytes 8,65536,1048576 --rounds 5 --format csv --output net");
  REQUIRE(outcome.code == 0);
  const auto rows = csv_rows(outcome.out);
  REQUIRE(rows.size() == 1 + 3 * 4);
  for (std::size_t r = 1; r < rows.size(); ++r) {
    CHECK(cell(rows, r, "wrong") == "0");
    const auto number = [&](const char* column) { return std::stod(cell(rows, r, column)); };
    CHECK(number("least_s") <= number("mean_s"));
    CHECK(number("mean_s") <= number("most_s"));
    CHECK(number("algorithm_bandwidth") ==
          doctest::Approx(number("bytes") / number("mean_s")).epsilon(1e-4));
    CHECK(number("bus_bandwidth") == doctest::Approx(number("algorithm_bandwidth")).epsilon(1e-4));
  }
  const auto simulated = scratch.run(
      "run --config net/network.toml " + kProblem + kShort +
      "--backend simulator --protocol bsp --all-reduce ring --compute-time exp:1ms --csv -");
  CHECK(simulated.code == 0);
  CHECK(says(simulated.out, "constant:"));
}
