// `sgdbench optimum` and its cache, from outside.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli_process.h"
#include "tests/optimum_fixture.h"

using namespace sgdbench;
namespace fs = std::filesystem;

namespace {

const std::string kLogreg = "--workload logreg --data rcv1-like:rows=300,features=500 ";

/// Runs it with a cache folder of the scratch folder's.
struct Cached {
  Scratch scratch;
  std::string before = "XDG_CACHE_HOME='" + scratch.path("cache") + "'";

  nlohmann::json optimum(const std::string& arguments) const {
    const auto done = scratch.run("optimum -q --format json " + arguments, before);
    REQUIRE(done.code == 0);
    return nlohmann::json::parse(done.out).at(0);
  }
  std::vector<fs::path> entries() const {
    std::vector<fs::path> found;
    std::error_code none;
    for (const auto& file : fs::recursive_directory_iterator(scratch.path("cache"), none))
      if (file.is_regular_file()) found.push_back(file.path());
    std::sort(found.begin(), found.end());
    return found;
  }
  static void overwrite(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
};

bool same_optimum(nlohmann::json a, nlohmann::json b) {
  for (auto* row : {&a, &b})
    for (const auto* spent : {"cached", "seconds", "passes", "iterations"}) row->erase(spent);
  return a == b;
}

}  // namespace

TEST_CASE("A second request is answered from the cache with the same numbers") {
  const Cached c;
  const auto first = c.optimum(kLogreg), second = c.optimum(kLogreg);
  CHECK_FALSE(first.at("cached").get<bool>());
  CHECK(second.at("cached").get<bool>());
  CHECK(same_optimum(first, second));
  CHECK(second.at("iterations") == 0);
  CHECK(second.at("passes").get<int>() <= 6);
  CHECK(c.entries().size() == 1);
}

TEST_CASE("The order of rows is no other problem, and that of features no other optimum") {
  const Cached c;
  for (const std::string workload : {"logreg ", "svm "}) {
    const auto problem = "--data rcv1-like:rows=300,features=500 --workload " + workload;
    const auto first = c.optimum(problem);
    CHECK(c.optimum(problem + "--seed 5").at("cached").get<bool>());
    const auto anew = c.optimum(problem + "--feature-order file --seed 5");
    CHECK_FALSE(anew.at("cached").get<bool>());
    CHECK(anew.at("optimum").get<double>() ==
          doctest::Approx(first.at("optimum").get<double>()).epsilon(1e-9));
    CHECK(c.optimum(problem + "--feature-order file").at("cached").get<bool>());
    CHECK(c.optimum(problem).at("cached").get<bool>());
  }
}

TEST_CASE("An entry that was edited changes no number, and is put right") {
  for (const auto& workload : testing::convex_workloads()) {
    CAPTURE(workload);
    const Cached own;
    const auto problem = "--data covtype-like:rows=200 --workload " + workload;
    const auto first = own.optimum(problem).at("optimum").get<double>();
    const auto entry = own.entries().at(0);
    const auto good = nlohmann::ordered_json::parse(content(entry));
    const std::vector<double> w = good["optimum"]["w"], duals = good["optimum"]["multipliers"];
    for (const double factor : {0.0, 0.99, -1.0, 1e10, 1e200}) {
      CAPTURE(factor);
      auto bad = good;
      for (auto& x : bad["optimum"]["w"]) x = x.get<double>() * factor;
      for (auto& x : bad["optimum"]["multipliers"]) x = x.get<double>() * (factor - 1);
      Cached::overwrite(entry, bad.dump());
      const auto again = own.optimum(problem);
      CHECK_FALSE(again.at("cached").get<bool>());
      CHECK(again.at("optimum").get<double>() == doctest::Approx(first).epsilon(2e-9));
      CHECK(again.at("gap").get<double>() <= 1e-9 * first);
      CHECK(own.optimum(problem).at("cached").get<bool>());
    }
  }
}

TEST_CASE("A pipe in the place of an entry is neither waited for nor replaced") {
  const Cached c;
  const auto first = c.optimum(kLogreg);
  const auto entry = c.entries().at(0);
  fs::remove(entry);
  REQUIRE(::mkfifo(entry.c_str(), 0600) == 0);
  CHECK(same_optimum(first, c.optimum(kLogreg)));
  CHECK(fs::is_fifo(entry));
}

TEST_CASE("Another λ, another hold-out, another objective or other data are another entry") {
  const Cached c;
  c.optimum(kLogreg);
  for (const auto* other : {"--intercept", "--l2 0.5", "--l2 0.50000000000000011", "--holdout 0.2",
                            "--holdout 0.2 --seed 3"})
    CHECK_FALSE(c.optimum(kLogreg + other).at("cached").get<bool>());
  CHECK_FALSE(
      c.optimum("--workload svm --data rcv1-like:rows=300,features=500").at("cached").get<bool>());
  CHECK_FALSE(c.optimum("--workload logreg --data rcv1-like:rows=300,features=500,seed=2")
                  .at("cached")
                  .get<bool>());
  CHECK(c.optimum(kLogreg + "--intercept").at("cached").get<bool>());
  CHECK(c.entries().size() == 8);
}

TEST_CASE("An entry that is torn, foreign or of other types is replaced by a good one") {
  const Cached c;
  const auto first = c.optimum(kLogreg);
  const auto entry = c.entries().at(0);
  const auto good = content(entry);
  c.optimum(kLogreg + "--l2 0.5");
  const auto others = c.entries();
  const auto foreign = content(others[0] == entry ? others[1] : others[0]);
  auto lacking = nlohmann::ordered_json::parse(good);
  lacking["optimum"].erase("w");
  auto infinite = good;
  infinite.replace(infinite.find("\"w\":[") + 4, 1, "[1e999,");
  for (const auto& bad : {std::string(), good.substr(0, good.size() / 2), std::string("[1, 2]"),
                          std::string("{\"of\": 3}"), std::string(1000, '\xff'), foreign, infinite,
                          lacking.dump(), std::string(100'000, '[')}) {
    Cached::overwrite(entry, bad);
    const auto again = c.optimum(kLogreg);
    CHECK_FALSE(again.at("cached").get<bool>());
    CHECK(same_optimum(first, again));
    CHECK(c.optimum(kLogreg).at("cached").get<bool>());
  }
}

TEST_CASE("Without a folder that can be written there is no cache, and nothing fails") {
  const Scratch scratch;
  const auto file = scratch.file("taken", "");
  for (const auto& before :
       {"XDG_CACHE_HOME='" + file + "'", std::string("XDG_CACHE_HOME=/proc/none"),
        std::string("env -u XDG_CACHE_HOME -u HOME"),
        std::string("XDG_CACHE_HOME=here HOME=there")}) {
    const auto done = scratch.run("optimum -q --format json " + kLogreg, before);
    CHECK(done.code == 0);
    CHECK(done.err.empty());
    CHECK_FALSE(nlohmann::json::parse(done.out).at(0).at("cached").get<bool>());
  }
  CHECK_FALSE(fs::exists(scratch.path("here")));
  CHECK_FALSE(fs::exists(scratch.path("there")));
}

TEST_CASE("The cache is in the home folder where no other is named; --no-cache leaves it alone") {
  const Scratch scratch;
  const auto home = "env -u XDG_CACHE_HOME HOME='" + scratch.path("home") + "'";
  CHECK(scratch.run("optimum -q --no-cache " + kLogreg, home).code == 0);
  CHECK_FALSE(fs::exists(scratch.path("home")));
  CHECK(scratch.run("optimum -q " + kLogreg, home).code == 0);
  CHECK(fs::exists(scratch.path("home/.cache/sgdbench")));
}

TEST_CASE("Two processes that look for the same optimum at once find the same") {
  const Cached c;
  const auto command = c.before + " '" + SGDBENCH_BINARY + "' optimum -q --format json " + kLogreg;
  const auto first_path = c.scratch.path("first"), second_path = c.scratch.path("second");
  const auto both =
      command + " >'" + first_path + "' & " + command + " >'" + second_path + "'; wait";
  CHECK(std::system(both.c_str()) == 0);
  const auto first = nlohmann::json::parse(content(first_path)).at(0);
  const auto second = nlohmann::json::parse(content(second_path)).at(0);
  CHECK(same_optimum(first, second));
  CHECK(c.optimum(kLogreg).at("cached").get<bool>());
  CHECK(c.entries().size() == 1);
}

TEST_CASE("No run ends below the optimum") {
  const Cached c;
  for (const auto& workload : testing::convex_workloads()) {
    const auto problem = std::string("-q --data covtype-like:rows=400 --workload ") + workload;
    const auto found = c.optimum(problem).at("optimum").get<double>();
    const auto done = c.scratch.run("run --backend sequential --workers 1 --repeats 2 --warmup 0 " +
                                    problem + " --epochs 30 --csv -");
    REQUIRE(done.code == 0);
    const auto rows = csv_rows(done.out);
    for (std::size_t i = 1; i < rows.size(); ++i)
      CHECK(std::stod(cell(rows, i, "loss_final")) >= found * (1 - 1e-9));
  }
}

TEST_CASE(
    "A network has no computed optimum: alone it's an error, in a list a row with the reason") {
  const Cached c;
  const std::string data = " --data mnist-like:rows=100 ";
  const auto alone = c.scratch.run("optimum --workload mlp" + data, c.before);
  CHECK(alone.code == 2);
  CHECK(alone.err.find("not convex") != std::string::npos);
  const auto target = c.scratch.run("run --workload mlp --target 1%" + data, c.before);
  CHECK(target.code == 2);
  CHECK(target.err.find("--target-accuracy") != std::string::npos);
  const auto listed =
      c.scratch.run("optimum -q --workload softmax,mlp --format json" + data, c.before);
  REQUIRE(listed.code == 0);
  const auto rows = nlohmann::json::parse(listed.out);
  CHECK(rows.at(0).at("status") == "ok");
  CHECK(rows.at(1).at("status") == "unsupported");
  CHECK(rows.at(1).at("optimum").is_null());
  CHECK(c.scratch.run("optimum --workload logreg", c.before).code == 2);
  const auto unregularised = c.scratch.run("optimum --l2 0 " + kLogreg, c.before);
  CHECK(unregularised.code == 2);
  CHECK(unregularised.err.find("use --l2 above 0") != std::string::npos);
}
