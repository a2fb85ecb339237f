// Tuning from outside: `sgdbench tune`, the suites that it prints, and the cache of what was found.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/cache.h"
#include "cli/tuning/tuner.h"
#include "tests/cli_process.h"

using namespace sgdbench;
namespace fs = std::filesystem;

namespace {

using Table = std::vector<std::vector<std::string>>;

/// Virtual times: the same search finds the same to the bit.
const std::string kProblem = "--workload logreg --data rcv1-like:rows=400,features=200 ";
const std::string kSimulated = kProblem +
                               "--backend simulator --workers 2 --compute-time exp:1ms "
                               "--epochs 4 --repeats 2 --target 20% -q ";
const std::string kBoth = "--lr tuned --batch tuned ";

Table table_in(const Scratch& scratch, const std::string& name) {
  return csv_rows(content(scratch.path(name)));
}

/// Of every data row.
std::set<std::string> values(const Table& rows, const std::string& column) {
  std::set<std::string> found;
  for (std::size_t i = 1; i < rows.size(); ++i) found.insert(cell(rows, i, column));
  return found;
}

/// Of each setting, the last stage that it was in.
std::map<std::string, std::string> last_stages(const Table& trials) {
  std::map<std::string, std::string> last;
  for (std::size_t i = 1; i < trials.size(); ++i) {
    auto& stage = last[cell(trials, i, "config_id") + ' ' + cell(trials, i, "batch") + ' ' +
                       cell(trials, i, "lr")];
    stage = std::max(stage, cell(trials, i, "stage"));
  }
  return last;
}

std::vector<fs::path> winners(const Scratch& scratch) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(scratch.path("cache/sgdbench"), none))
    if (entry.path().filename().string().starts_with("tuned-")) found.push_back(entry.path());
  return found;
}

TuningTrial trial(std::uint64_t stage, double lr, double epochs, double time_s,
                  std::optional<double> score, std::string status) {
  TuningTrial one;
  one.config_id = "x";
  one.stage = stage;
  one.batch = 1;
  one.lr = lr;
  one.epochs = epochs;
  one.time_s = time_s;
  one.score = score;
  one.status = std::move(status);
  return one;
}

}  // namespace

TEST_CASE("tune makes the trials of run, and shows the best among them") {
  const Scratch scratch;
  const auto both = "--protocol async,bsp " + kSimulated;
  const auto tuned = scratch.run("tune " + both + "--csv trials.csv");
  CHECK(tuned.code == 0);
  CHECK(scratch.run("run --no-cache " + both + kBoth + "--csv runs.csv --tuning same.csv").code ==
        0);
  CHECK(content(scratch.path("trials.csv")) == content(scratch.path("same.csv")));
  const auto rows = table_in(scratch, "runs.csv");
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto best = "best: batch " + cell(rows, i, "batch") + ", step ";
    CHECK(tuned.out.find(best) != std::string::npos);
  }
  CHECK(std::count(tuned.out.begin(), tuned.out.end(), '*') == 2 + 1);  // and the legend
  // Numbers without parentheses are those of the last stage.
  std::size_t early = 0, late = 0;
  for (const auto& setting : last_stages(table_in(scratch, "trials.csv")))
    ++(setting.second < "2" ? early : late);
  const auto table = tuned.out.substr(0, tuned.out.find("* best: of"));
  CHECK(std::count(table.begin(), table.end(), '(') >= static_cast<std::ptrdiff_t>(early));
  CHECK(early > late);
  CHECK(tuned.out.find("÷4") != std::string::npos);
  CHECK(tuned.out.find("within 10 %") != std::string::npos);

  const auto piped = scratch.run("tune " + both + "--csv -");
  CHECK(piped.out == content(scratch.path("trials.csv")));
}

TEST_CASE("What is given to tune as a number stays as it is, and what is asked for is searched") {
  const Scratch scratch;
  CHECK(scratch.run("tune " + kSimulated + "--lr 0.25 --csv fixed.csv").code == 0);
  CHECK(values(table_in(scratch, "fixed.csv"), "lr") == std::set<std::string>{"0.25"});
  CHECK(values(table_in(scratch, "fixed.csv"), "batch").size() > 1);
  CHECK(scratch.run("tune " + kSimulated + "--rule momentum --momentum tuned --csv momenta.csv")
            .code == 0);
  CHECK(values(table_in(scratch, "momenta.csv"), "batch").size() == 1);
  CHECK(values(table_in(scratch, "momenta.csv"), "momentum").size() >= 5);
  // The step that is automatic is so for each momentum.
  const auto momenta = table_in(scratch, "momenta.csv");
  for (std::size_t i = 1; i < momenta.size(); ++i)
    CHECK(std::stod(cell(momenta, i, "lr")) ==
          doctest::Approx(std::stod(cell(momenta, i, "lr_auto"))));
  CHECK(values(momenta, "lr").size() >= 5);
  CHECK(
      scratch
          .run("tune " + kSimulated + "--lr 0.1 --rule momentum --momentum tuned --csv momenta.csv")
          .code == 0);
  CHECK(values(table_in(scratch, "momenta.csv"), "lr") == std::set<std::string>{"0.1"});
}

TEST_CASE("A suite of tuned settings repeats the runs of the search, to the bit") {
  const Scratch scratch;
  const auto wanted = "--protocol async,bsp --rule momentum --momentum tuned " + kBoth + kSimulated;
  const auto suite = scratch.run("tune --print-config " + wanted);
  REQUIRE(suite.code == 0);
  CHECK(suite.out.find("tuned") == std::string::npos);
  scratch.file("tuned.toml", suite.out);
  CHECK(scratch.run("run -q --config tuned.toml --csv numbers.csv").code == 0);
  CHECK(scratch.run("run --no-cache " + wanted + "--csv searched.csv").code == 0);
  const auto numbers = table_in(scratch, "numbers.csv"),
             searched = table_in(scratch, "searched.csv");
  REQUIRE(numbers.size() == searched.size());
  REQUIRE(numbers.size() == 1 + 4);
  std::set<std::vector<std::string>> one, other;
  const auto run_of = [](const Table& rows, std::size_t i) {
    std::vector<std::string> run;
    for (const auto* column : {"protocol", "repeat", "seed", "batch", "lr", "momentum", "wall_s",
                               "loss_final", "time_to_target_s"})
      run.push_back(cell(rows, i, column));
    return run;
  };
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    one.insert(run_of(numbers, i));
    other.insert(run_of(searched, i));
  }
  CHECK(one == other);
  const auto unsearched = scratch.run("run --print-config " + wanted);
  CHECK(unsearched.out.find("lr = \"tuned\"") != std::string::npos);
}

TEST_CASE("Where nothing can be tuned, asking for it is a mistake that is named") {
  const Scratch scratch;
  const std::string small = "--workload logreg --data rcv1-like:rows=100 --backend sequential ";
  const std::vector<std::pair<std::string, std::string>> mistakes{
      {"run --workload none --updates 10 --backend simulator --lr tuned", "--lr"},
      {"tune --workload none --updates 10 --backend simulator --compute-time exp:1ms",
       "learns nothing"},
      {"run " + small + "--exchange tuned", "--exchange"},
      {"run " + small + "--momentum tuned", "--momentum"},
      {"verify --batch tuned", "takes numbers"},
      {"tune " + small + "--lr 0.1 --batch 4", "nothing is to be tuned"},
      {"run " + small + "--lr tuned --batch 101", "100 examples"},
      {"tune " + small + "--epochs 0", "--epochs"},
      {"tune " + small + "--csv - --print-config", "stdout"},
      {"tune " + small + "--curve x.csv", "--curve"}};
  for (const auto& mistake : mistakes) {
    const auto& [words, said] = mistake;
    CAPTURE(mistake.first);
    const auto done = scratch.run(words);
    CHECK(done.code == 2);
    CHECK(done.err.find(said) != std::string::npos);
    CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 1);
    CHECK(done.out.empty());
  }
}

TEST_CASE("Where every trial is in vain, the row says so, and nothing is kept of it") {
  const Scratch scratch;
  CHECK(scratch.run("run " + kSimulated + "--lr 1e9 --batch tuned --csv runs.csv").code == 0);
  auto rows = table_in(scratch, "runs.csv");
  CHECK(values(rows, "status") == std::set<std::string>{"diverged"});
  CHECK(cell(rows, 1, "reason") == "every trial diverged, down to a step of 1e+09");
  CHECK(scratch.run("run " + kSimulated + kBoth + "--max-seconds 1e-9 --csv runs.csv").code == 0);
  rows = table_in(scratch, "runs.csv");
  CHECK(values(rows, "status") == std::set<std::string>{"failed"});
  CHECK(cell(rows, 1, "reason").find("no trial learnt anything") != std::string::npos);
  CHECK(winners(scratch).empty());
}

TEST_CASE("Where the start meets the target nothing is searched for, said or kept as found") {
  const Scratch scratch;
  const std::string easy = kProblem + "--backend sequential --target-loss 0.7 --epochs 2 ";
  const auto tuned = scratch.run("tune " + easy + "--csv trials.csv");
  CHECK(tuned.code == 0);
  CHECK(tuned.out.find("nothing is searched for") != std::string::npos);
  CHECK(tuned.out.find("* best") == std::string::npos);
  CHECK(table_in(scratch, "trials.csv").size() == 1);
  const auto done = scratch.run("run " + easy + kBoth + "--repeats 1 --csv runs.csv");
  CHECK(done.err.find("nothing is searched for") != std::string::npos);
  CHECK(done.err.find("earlier search") == std::string::npos);
  CHECK(scratch.run("run -q " + easy + "--repeats 1 --csv auto.csv").code == 0);
  const auto rows = table_in(scratch, "runs.csv"), automatic = table_in(scratch, "auto.csv");
  for (const auto* column : {"lr", "batch", "status", "loss_final"})
    CHECK(cell(rows, 1, column) == cell(automatic, 1, column));
  CHECK(cell(rows, 1, "tuning_trials").empty());
  CHECK(winners(scratch).empty());
}

TEST_CASE("A suite has those configurations whose settings were found, and there is none of none") {
  const Scratch scratch;
  const auto of = [](const std::string& steps) {
    return "tune --print-config " + kSimulated + "--lr " + steps + " --batch tuned ";
  };
  const auto none = scratch.run(of("1e9,2e9"));
  CHECK(none.code == 3);
  CHECK(none.out.empty());
  CHECK(std::count(none.err.begin(), none.err.end(), '\n') == 1);
  CHECK(none.err.find("every trial diverged") != std::string::npos);
  auto talking = of("1e9,auto");
  talking.replace(talking.find("-q "), 3, "");
  const auto some = scratch.run(talking);
  CHECK(some.code == 0);
  CHECK(some.err.find("the suite leaves out") != std::string::npos);
  CHECK(some.err.find("every trial diverged") != std::string::npos);
  CHECK(some.out.find("[[run]]") == some.out.rfind("[[run]]"));
  scratch.file("some.toml", some.out);
  CHECK(scratch.run("run -q --config some.toml --csv runs.csv").code == 0);
  CHECK(table_in(scratch, "runs.csv").size() == 1 + 2);
  CHECK(scratch.run(talking + "--strict").code == 3);
}

TEST_CASE("What a search found is found in the cache by the next run, without a trial") {
  const Scratch scratch;
  const auto tuned = "run " + kSimulated + kBoth;
  CHECK(scratch.run(tuned + "--csv first.csv").code == 0);
  REQUIRE(winners(scratch).size() == 1);
  auto again = scratch.run(tuned + "--csv second.csv --tuning trials.csv");
  const auto first = table_in(scratch, "first.csv"), second = table_in(scratch, "second.csv");
  for (const auto* column : {"lr", "batch", "lr_tuned_low", "lr_tuned_high", "lr_twice_low",
                             "lr_twice_high", "tuned", "loss_final", "config_id"})
    CHECK(values(first, column) == values(second, column));
  CHECK(std::stoi(cell(first, 1, "tuning_trials")) > 10);
  CHECK(cell(second, 1, "tuning_trials") == "0");
  CHECK(table_in(scratch, "trials.csv").size() == 1);
  auto talking = tuned;
  talking.replace(talking.find("-q "), 3, "");
  CHECK(scratch.run(talking).err.find("1 of 1 configurations are those of an earlier search") !=
        std::string::npos);

  CHECK(scratch.run(tuned + "--no-cache --csv third.csv").code == 0);
  CHECK(cell(table_in(scratch, "third.csv"), 1, "tuning_trials") ==
        cell(first, 1, "tuning_trials"));
  // Another configuration or other data has another entry.
  for (const auto* other : {"--seed 2 ", "--l2 0.003 ", "--index-base 0 --holdout 0.1 "})
    CHECK(scratch.run(tuned + other + "--csv other.csv").code == 0);
  CHECK(winners(scratch).size() == 4);

  const Scratch alone;
  CHECK(alone.run(tuned + "--no-cache").code == 0);
  CHECK(!fs::exists(alone.path("cache")));
  CHECK(alone.run("tune " + kSimulated).code == 0);
  CHECK(winners(alone).size() == 1);
  CHECK(alone.run(tuned + "--csv read.csv").code == 0);
  CHECK(cell(table_in(alone, "read.csv"), 1, "tuning_trials") == "0");
}

TEST_CASE("A sweep that goes on has the trials of the rows that it had already") {
  const Scratch scratch;
  auto tuned = "run --no-cache --journal j.jsonl --protocol async,bsp " + kSimulated + kBoth;
  CHECK(scratch.run(tuned + "--tuning first.csv").code == 0);
  tuned.replace(tuned.find("--repeats 2"), 11, "--repeats 3");
  CHECK(scratch.run(tuned + "--resume --tuning second.csv --csv runs.csv").code == 0);
  const auto first = table_in(scratch, "first.csv"), second = table_in(scratch, "second.csv");
  CHECK(first.size() > 20);
  CHECK(std::set(first.begin(), first.end()) == std::set(second.begin(), second.end()));
  CHECK(first.size() == second.size());
  CHECK(table_in(scratch, "runs.csv").size() == 1 + 6);
}

TEST_CASE(
    "An interrupted search shows and writes what was tried, keeps no winner and ends with 130") {
  const Scratch scratch;
  const auto done = scratch.run("tune " + kProblem +
                                    "--backend parameter-server --workers 2 --compute-delay "
                                    "exp:20ms --epochs 1000 --csv trials.csv",
                                "timeout --preserve-status -s INT 3");
  CHECK(done.code == 130);
  CHECK(done.out.find("the search did not come to its end") != std::string::npos);
  CHECK(done.out.find("*") == done.out.find("* best:"));
  CHECK(table_in(scratch, "trials.csv").size() > 1);
  CHECK(winners(scratch).empty());
}

TEST_CASE("An entry that can't be believed is not used, and said, and nothing waits for it") {
  const Scratch scratch;
  auto tuned = "run " + kSimulated + kBoth;
  tuned.replace(tuned.find("-q "), 3, "");
  REQUIRE(scratch.run(tuned + "--csv first.csv").code == 0);
  const auto first = table_in(scratch, "first.csv");
  const auto path = winners(scratch).at(0);
  const auto good = nlohmann::ordered_json::parse(content(path));
  const auto is_refused = [&] {
    const auto done = scratch.run(tuned + "--csv again.csv");
    CHECK(done.code == 0);
    CHECK(done.err.find("is not used") != std::string::npos);
    const auto again = table_in(scratch, "again.csv");
    CHECK(cell(again, 1, "tuning_trials") == cell(first, 1, "tuning_trials"));
    CHECK(values(again, "lr") == values(first, "lr"));
  };
  auto other = good;
  other["of"]["program"] = "0123456789abcdef";
  scratch.file(fs::relative(path, scratch.path("")).string(), other.dump());
  is_refused();
  CHECK(nlohmann::ordered_json::parse(content(path)).at("settings") == good.at("settings"));
  fs::remove(path);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  is_refused();
  CHECK(fs::is_fifo(path));
  fs::remove(path);
  fs::create_directory(path);
  is_refused();
}

TEST_CASE("A cached winner is read as it was written, and what can't be is refused") {
  const std::string key = R"({"format":1})";
  const auto parsed = [&](const std::string& entry) {
    std::string why_not;
    const auto found = parse_winner(entry, key, 1000, why_not);
    CHECK(found.has_value() == why_not.empty());
    return found;
  };
  const nlohmann::json good{
      {"of", {{"format", 1}}},
      {"settings", {{"batch", 16}, {"lr", 0.1}, {"momentum", -0.3}, {"exchange", 64}}},
      {"within_tenth", {0.05, 0.2}},
      {"within_twice", nullptr}};
  const auto found = parsed(good.dump());
  REQUIRE(found);
  CHECK(found->settings == Settings{16, 0.1, -0.3, 64});
  CHECK(found->within_tenth->high == 0.2);
  CHECK_FALSE(found->within_twice);
  CHECK(found->trials == 0);
  const auto without = [&](const char* pointer, const nlohmann::json& value) {
    auto bad = good;
    bad[nlohmann::json::json_pointer(pointer)] = value;
    return !parsed(bad.dump());
  };
  CHECK(without("/of/format", 2));
  CHECK(without("/settings/batch", 1001));
  CHECK(without("/settings/batch", 0));
  CHECK(without("/settings/batch", 1.5));
  CHECK(without("/settings/lr", 0));
  CHECK(without("/settings/lr", -0.1));
  CHECK(without("/settings/lr", "0.1"));
  CHECK(without("/settings/lr", nullptr));
  CHECK(without("/settings/momentum", 1));
  CHECK(without("/settings/exchange", 0));
  CHECK(without("/settings/exchange", -1));
  CHECK(without("/within_tenth", {0.2, 0.05}));
  CHECK(without("/within_tenth", {0.2, 0.4}));
  CHECK(without("/within_tenth", {0.05}));
  CHECK(without("/within_twice", "all"));
  auto huge = good.dump();
  huge.replace(huge.find("0.1"), 3, "1e999");
  CHECK(!parsed(huge));
  for (const auto* text : {"", "{", "[]", "null", "{\"of\":{\"format\":1}}"}) CHECK(!parsed(text));
}

TEST_CASE("All trials of a setting come to what those of its last stage say") {
  const std::vector<TuningTrial> trials{trial(0, 0.1, 1, 1, 9, "predicted"),
                                        trial(0, 0.2, 1, 1, 4, "predicted"),
                                        trial(0, 0.4, 1, 1, std::nullopt, "diverged"),
                                        trial(2, 0.1, 2, 2, 2, "reached"),
                                        trial(2, 0.1, 2, 8, 12, "reached"),
                                        trial(2, 0.1, 4, 4, 4, "reached"),
                                        trial(2, 0.2, 2, 2, 2, "reached"),
                                        trial(2, 0.2, 2, 2, std::nullopt, "diverged"),
                                        trial(2, 0.8, 9, 9, std::nullopt, "missed")};
  const auto timed = tried_settings(trials, true);
  REQUIRE(timed.size() == 4);
  CHECK(timed[0].first->lr == 0.1);
  CHECK(timed[0].trials == 4);
  CHECK(timed[0].status == "reached");
  // Epochs 2, 3 and 4 at a second each: one slow trial makes its setting no slower.
  CHECK(*timed[0].score == doctest::Approx(3));
  CHECK(timed[1].status == "diverged");
  CHECK_FALSE(timed[1].score);
  CHECK(timed[2].status == "diverged");
  CHECK(timed[3].status == "missed");
  CHECK_FALSE(timed[3].score);
  CHECK(*tried_settings(trials, false)[0].score == 4);
}
