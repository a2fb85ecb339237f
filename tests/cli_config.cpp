// Suites that are read: --config.
#include <doctest/doctest.h>

#include "backends/backend.h"
#include "cli/config_file.h"
#include "tests/cli_process.h"
#include "tests/cli_request.h"
#include "workloads/names.h"

using namespace sgdbench;

TEST_CASE("A suite of numbers, words and arrays is the command line that says the same") {
  const Scratch scratch;
  const auto path = scratch.file("suite.toml",
                                 "workload = 'logreg'  # comment\n"
                                 "data = ['quadratic:rows=9,seed=2', \"w8a-like\"]\n"
                                 "workers = [1, 2]\nlr = [0.5, 'auto']\nhidden = '64,32;8'\n"
                                 "standardize = true\nstrict = false\nbackend = 'hog*'\n");
  const auto expected = request_of(
      {"--workload", "logreg", "--data", "quadratic:rows=9,seed=2,w8a-like", "--workers", "1,2",
       "--lr", "0.5,auto", "--hidden", "64,32;8", "--standardize", "--backend", "hog*"});
  CHECK(commands_of(request_of({"--config", path})) == commands_of(expected));
  CHECK(!request_of({"--config", path}).given.has("--strict"));
}

TEST_CASE("A suite may say of an intercept what the command line says, or true and false") {
  const Scratch scratch;
  for (const auto& [text, words] :
       std::vector<std::pair<std::string, Texts>>{{"true", {"--intercept"}},
                                                  {"false", {"--intercept", "off"}},
                                                  {"'on'", {"--intercept", "on"}},
                                                  {"['off', 'on']", {"--intercept", "off,on"}}}) {
    const auto path = scratch.file(
        "suite.toml", "workload = 'svm'\ndata = 'quadratic'\nintercept = " + text + "\n");
    Texts typed{"--workload", "svm", "--data", "quadratic"};
    typed.insert(typed.end(), words.begin(), words.end());
    CHECK(commands_of(request_of({"--config", path})) == commands_of(request_of(typed)));
  }
}

TEST_CASE("A table's keys replace those above it, and what is typed replaces both") {
  const Scratch scratch;
  const auto path = scratch.file("suite.toml",
                                 "workload = 'logreg'\ndata = 'quadratic'\nepochs = 3\nseed = 4\n"
                                 "standardize = true\ntarget-loss = 0.5\ncsv = 'a.csv'\n"
                                 "[[run]]\nbackend = 'hogwild'\n"
                                 "[[run]]\nbackend = 'locked'\nepochs = 7\nstandardize = false\n");
  const auto cells = sweep(request_of({"--config", path}).parts, 2);
  REQUIRE(cells.size() == 2);
  CHECK((*cells[0].epochs == 3 && *cells[1].epochs == 7));
  CHECK((cells[0].data.standardize && !cells[1].data.standardize));
  const auto typed =
      request_of({"--config", path, "--epochs", "9", "--target-accuracy", "0.5", "--csv", "b"});
  for (const auto& cell : sweep(typed.parts, 2)) {
    CHECK(*cell.epochs == 9);
    CHECK(cell.spec.seed == 4);
    CHECK(!cell.target_loss);
  }
  CHECK(typed.given.text("--csv") == "b");
}

TEST_CASE("A suite without workload and data changes the default comparison") {
  const Scratch scratch;
  const auto path = scratch.file("suite.toml", "epochs = 1\n");
  CHECK(commands_of(request_of({"--config", path})) == commands_of(request_of({"--epochs", "1"})));
}

TEST_CASE("Tables on one problem are measured together, each with its own number of repeats") {
  const Scratch scratch;
  scratch.file("suite.toml",
               "workload = 'least-squares'\ndata = 'quadratic:rows=50,features=4'\nepochs = 1\n"
               "csv = '-'\nquiet = true\nworkers = 1\n"
               "[[run]]\nbackend = 'sequential'\nrepeats = 2\n"
               "[[run]]\nbackend = 'locked'\nrepeats = 4\n");
  const auto rows = csv_rows(scratch.run("run --config suite.toml").out);
  REQUIRE(rows.size() == 1 + 6);
  std::size_t sequential = 0;
  for (std::size_t i = 1; i < rows.size(); ++i)
    sequential += cell(rows, i, "backend") == "sequential" ? 1 : 0;
  CHECK(sequential == 2);
  for (std::size_t i = 1; i <= 4; ++i)
    CHECK(cell(rows, i, "repeat") == std::to_string((i - 1) / 2));
}

TEST_CASE("Every suite of the tree makes cells that this build can run") {
  std::size_t suites = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(SGDBENCH_SOURCE_DIR "/results/suites")) {
    CAPTURE(file.path().string());
    const auto cells = sweep(request_of({"--config", file.path().string()}).parts, 2);
    CHECK(cells.size() > 1);
    for (const auto& each : cells) CHECK((each.spec.workers == 1 || !backend_of(each).one_worker));
    ++suites;
  }
  CHECK(suites > 0);
}

TEST_CASE("A suite's mistake is reported with its line and column, and what would be right") {
  const auto refused = [](const char* text, const char* message) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(parse_config(text, "s.toml"), doctest::Contains(message), UsageError);
  };
  refused("\n\nepochs = 1\nworker = 2\n",
          "s.toml:4:1: unknown option 'worker'; did you mean 'workers'?");
  refused("zz = 1\n  workers = 0\n", "s.toml:1:1: unknown option 'zz'");
  refused("\n  workers = 0\n", "s.toml:2:3: workers: 0 is too small");
  refused("workers = [1, 'x']\n", "s.toml:1:1: workers: 'x' is not a whole number");
  refused("backend = 'hogwld'\n", "'hogwild'");
  refused("lr = nan\n", "s.toml:1:1: lr: ");
  refused("epochs = [1, 2]\n", "s.toml:1:1: epochs takes one value");
  refused("workers = []\n", "workers has no value");
  refused("csv = 'a'\n test-data = ''\n", "s.toml:2:2: test-data needs a value");
  refused("strict = 'yes'\n", "strict is true or false");
  refused("data = 2020-01-01\n", "s.toml:1:8: data takes text, a number or an array of these");
  refused("workers = [[1]]\n", "s.toml:1:12: workers takes");
  refused("config = 'other.toml'\n", "unknown option 'config'");
  refused("[[run]]\ncsv = 'a'\n", "s.toml:2:1: csv holds for all runs");
  refused("[run]\nepochs = 1\n", "[[run]]");
  refused("run = [1]\n", "[[run]]");
  refused("epochs = 1\nepochs = 2\n", "s.toml:2:");
  refused("epochs = \n", "s.toml:1:");
  refused("data = '\xff'\n", "s.toml:1:");
  refused("x = [[[[", "s.toml:1:");
}

TEST_CASE("A suite that is not there exits with 66, one that is wrong with 2, each with a line") {
  const Scratch scratch;
  const auto missing = scratch.run("run --config no.toml");
  CHECK((missing.code == 66 && missing.err.find("no.toml") != std::string::npos));
  scratch.file("bad.toml", "worker = 1\n");
  const auto wrong = scratch.run("run --config bad.toml");
  CHECK(wrong.code == 2);
  CHECK(wrong.err == "sgdbench: bad.toml:1:1: unknown option 'worker'; did you mean 'workers'?\n");
  CHECK(scratch.run("run --workers x --print-config").code == 2);
  CHECK(scratch.run("run --config .").code == 66);
  CHECK(scratch.run("run --config /dev/zero").code == 2);
}
