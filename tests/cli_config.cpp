// Suites that are read: --config.
#include <doctest/doctest.h>

#include "backends/backend.h"
#include "cli/request.h"
#include "cli/setup.h"
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
  refused("data = true\n", "s.toml:1:8: data takes text, a number or an array of these");
  refused("workers = [[1]]\n", "s.toml:1:12: workers takes");
  refused("config = 'other.toml'\n", "unknown option 'config'");
  refused("[[run]]\ncsv = 'a'\n", "s.toml:2:1: csv holds for all runs");
  refused("[[sweep]]\nepochs = 1\n", "s.toml:1:1: unknown table 'sweep'");
  refused("run = [1]\n", "[[run]]");
}

TEST_CASE("What is no suite's TOML is bad data, with its place, however deep or long it is") {
  const auto refused = [](const std::string& text, const char* message) {
    CAPTURE(text.substr(0, 60));
    CHECK_THROWS_WITH_AS(parse_config(text, "s.toml"), doctest::Contains(message), BadData);
  };
  const auto repeated = [](const char* text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
  };
  refused("[run]\nepochs = 1\n", "[[run]]");
  refused("epochs = 1\nepochs = 2\n", "s.toml:2:1: 'epochs' is there twice");
  refused("epochs = \n", "s.toml:1:10: a value is missing");
  refused("[@", "s.toml:1:1: ");
  refused("\na=[}", "s.toml:2:4: ");
  refused("größe = 1", "s.toml:1:3: this is no KEY = VALUE");
  refused("seed = 1979-05-27T7us07:32:00Z", "s.toml:1:8: '1979-05-27T7us07:32:00Z' is no value");
  refused(repeated("a.", 20'000) + "a = 1", "s.toml:1:2: no option has a dot");
  refused("[[" + repeated("a.", 20'000) + "a]]", "s.toml:1:4: ]] is missing");
  refused("lr = " + repeated("[", 50'000), "s.toml:1:14: more than 8 arrays in one another");
  refused("lr = " + repeated("9", 500'000), " is out of range");
}

TEST_CASE("What stands in the strings and comments of a suite is nobody's syntax") {
  CHECK(parse_config("# [@ {ö}\ndata = 'größe{[@.........'\n", "s.toml").common.text("--data") ==
        "größe{[@.........");
  CHECK(parse_config("data = \"a\\\"{\" # }\n", "s.toml").common.text("--data") == "a\"{");
  CHECK(parse_config("data = \"\"\"{\"\"\\\"{\"\"\"\n", "s.toml").common.text("--data") ==
        "{\"\"\"{");
  CHECK(parse_config("data = '''{\\'''\n", "s.toml").common.text("--data") == "{\\");
}

TEST_CASE("A suite's lists are counted before they fill the memory") {
  std::string ranges, cells;
  for (int i = 0; i < 8'000; ++i) ranges += "'1..9999:+1', ";
  CHECK_THROWS_WITH_AS(parse_config("lr = [" + ranges + "]", "s.toml"),
                       doctest::Contains("s.toml:1:1: lr: the list has more than 10000 values"),
                       UsageError);
  const std::string problem = "workload = 'logreg'\ndata = 'a.svm'\nbackend = 'sequential'\n";
  for (int i = 0; i < 9'000; ++i) cells += "1, ";
  std::string sweeps;
  for (int i = 0; i < 2'000; ++i) sweeps += "[[run]]\n";
  const auto shared = parse_config(problem + "batch = [" + cells + "]\n" + sweeps, "s.toml");
  CHECK_THROWS_WITH_AS(requested({}, shared), doctest::Contains("more than 200000 values"),
                       UsageError);
  CHECK_THROWS_WITH_AS(parse_config("backend = '" + std::string(250'000, '*') + "'", "s.toml"),
                       doctest::Contains("of 250000 bytes"), BadData);
}

TEST_CASE(
    "A suite that is not there exits with 66, one that is none with 65, one that is wrong with 2, "
    "each with a line") {
  const Scratch scratch;
  const auto missing = scratch.run("run --config no.toml");
  CHECK((missing.code == 66 && missing.err.find("no.toml") != std::string::npos));
  scratch.file("bad.toml", "worker = 1\n");
  const auto wrong = scratch.run("run --config bad.toml");
  CHECK(wrong.code == 2);
  CHECK(wrong.err == "sgdbench: bad.toml:1:1: unknown option 'worker'; did you mean 'workers'?\n");
  CHECK(scratch.run("run --workers x --print-config").code == 2);
  CHECK(scratch.run("run --config .").code == 66);
  CHECK(scratch.run("run --config /dev/zero").code == 65);
}
