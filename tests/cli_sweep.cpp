#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "backends/backend.h"
#include "cli/configuration.h"
#include "cli/request.h"
#include "cli/setup.h"
#include "cli/sweep.h"
#include "cli/verbs.h"
#include "workloads/names.h"

using namespace sgdbench;
using Texts = std::vector<std::string>;

namespace {

/// By patterns: not on a virtual clock, nor, where there is one process, over several.
bool is_meant(const BackendEntry& row) {
  return !row.virtual_clock && row.processes == nullptr;
}

std::vector<Given> asked_by(Texts words) {
  words.insert(words.begin(), "run");
  return requested(parse(words).invocation.given).parts;
}

std::vector<Configuration> configurations_of(const Texts& words, std::size_t cores = 2) {
  return sweep(asked_by(words), cores);
}

/// Names of the registry whose flag is as wanted.
template <class Flag>
std::string some_backend(Flag flag, bool wanted) {
  for (const auto& row : backend_catalog())
    if (row.*flag == wanted && !row.one_worker) return std::string(row.name);
  throw std::logic_error("no such backend");
}

const Texts kProblem{"--workload", "logreg", "--data", "quadratic:rows=10,features=3"};

Texts with(Texts more) {
  more.insert(more.begin(), kProblem.begin(), kProblem.end());
  return more;
}

}  // namespace

TEST_CASE("Cells are the product of the lists") {
  const auto name = some_backend(&BackendEntry::uses_write, true);
  const auto configurations =
      configurations_of(with({"--backend", name, "--workers", "1..4:x2", "--lr", "0.1,0.3",
                              "--batch", "auto,8", "--write", "store,cas"}));
  CHECK(configurations.size() == 3 * 2 * 2 * 2);
  std::set<std::string> ids;
  for (const auto& configuration : configurations) ids.insert(config_id(configuration));
  CHECK(ids.size() == configurations.size());
}

TEST_CASE("Lists that mean nothing to most backends do not use up the limit of cells") {
  // The product of these lists is over the limit; most of it is the same configuration again.
  const auto configurations =
      configurations_of({"--workload",    "logreg,svm",
                         "--data",        "a:rows=1,b:rows=1",
                         "--backend",     "hogwild,downpour,locked,leashed,parameter-server",
                         "--workers",     "2",
                         "--protocol",    "async,bsp,ssp:1,ssp:2,ssp:3,ssp:4,local:2,local:3",
                         "--write",       "store,cas",
                         "--persistence", "0..19",
                         "--exchange",    "64,128,256,512,1024,2048,4096,8192",
                         "--momentum",    "0.1,0.5,0.9",
                         "--hidden",      "8;16;32",
                         "--activation",  "relu,tanh"});
  CHECK(2 * 2 * 5 * 8 * 2 * 20 * 8 * 3 * 3 * 2 > kMostConfigurations);
  CHECK(configurations.size() == 2 * 2 * (2 + 8 + 1 + 20 + 8));
}

TEST_CASE("What a backend does not look at is not swept over for it") {
  const Texts axes{"--write",       "store,cas", "--protocol", "async,bsp",
                   "--persistence", "0,3",       "--exchange", "64,128"};
  for (const auto& row : backend_catalog()) {
    auto words = with({"--backend", std::string(row.name), "--workers", "2"});
    words.insert(words.end(), axes.begin(), axes.end());
    const std::size_t wanted = (row.uses_write ? 2U : 1U) * (row.uses_protocol ? 2U : 1U) *
                               (row.uses_persistence ? 2U : 1U) * (row.uses_exchange ? 2U : 1U);
    CAPTURE(row.name);
    CHECK(configurations_of(words).size() == wanted);
  }
}

TEST_CASE("Rules without momentum and workloads without hidden layers ignore those lists") {
  const auto name = some_backend(&BackendEntry::uses_write, true);
  CHECK(configurations_of(
            with({"--backend", name, "--rule", "sgd,momentum", "--momentum", "0.5,0.9"}))
            .size() == 3);
  CHECK(
      configurations_of(with({"--backend", name, "--hidden", "8;8,8", "--activation", "relu,tanh"}))
          .size() == 1);
  CHECK(configurations_of({"--workload", "mlp", "--data", "mnist-like:rows=10", "--backend", name,
                           "--hidden", "8;8,8", "--activation", "relu,tanh"})
            .size() == 4);
}

TEST_CASE("An intercept is swept over for linear models alone, and refused where nothing has one") {
  const auto name = some_backend(&BackendEntry::uses_write, true);
  const Texts axis{"--backend", name, "--intercept", "off,on"};
  const auto of = [&](const char* workload, const char* data) {
    Texts words{"--workload", workload, "--data", data};
    words.insert(words.end(), axis.begin(), axis.end());
    return words;
  };
  for (const char* workload : {"logreg", "svm", "least-squares", "softmax"}) {
    const auto configurations = configurations_of(of(workload, "quadratic"));
    REQUIRE(configurations.size() == 2);
    CHECK((!configurations[0].workload.intercept && configurations[1].workload.intercept));
    CHECK(config_id(configurations[0]) != config_id(configurations[1]));
    // What was there before the option was has the identity that it had.
    CHECK(command_of(configurations[0]).find("--intercept") == std::string::npos);
  }
  CHECK(configurations_of(of("logreg,mlp", "quadratic")).size() == 3);
  for (const Texts& words :
       {of("mlp", "quadratic"), {"--workload", "none", "--updates", "9", "--intercept", "on"}})
    CHECK_THROWS_WITH_AS(out_of_scope(asked_by(words), configurations_of(words)),
                         doctest::Contains("--intercept is for --workload logreg"), UsageError);
  CHECK_THROWS_AS(configurations_of(with({"--intercept", "yes"})), UsageError);
}

TEST_CASE("Without --workers a run uses all cores, except where there is only ever one worker") {
  CHECK(configurations_of(with({"--backend", "mpi-allreduce"}), 6)[0].spec.workers == 1);
  for (const auto& configuration : configurations_of(with({}), 6))
    CHECK(configuration.spec.workers == (backend_of(configuration).one_worker ? 1 : 6));
  std::set<std::pair<std::string, std::size_t>> suite;
  for (const auto& configuration : configurations_of({}, 6))
    suite.emplace(configuration.workload.workload + '/' + configuration.spec.backend,
                  configuration.spec.workers);
  for (const auto& row : backend_catalog())
    for (const std::size_t workers : {1U, 6U})
      CHECK(suite.count({"mlp/" + std::string(row.name), workers}) ==
            (is_meant(row) && (workers == 1 || !row.one_worker) ? 1 : 0));
}

TEST_CASE("Options override the suite's, and half a problem is refused") {
  for (const auto& configuration : configurations_of({"--epochs", "1", "--target-loss", "0.5"})) {
    CHECK(*configuration.epochs == 1);
    CHECK(*configuration.target_loss == 0.5);
    CHECK(!configuration.target_accuracy);
  }
  for (const auto& configuration : configurations_of({"--workload", "mlp"}))
    CHECK(configuration.workload.workload == "mlp");
  CHECK_THROWS_AS(configurations_of({"--data", "quadratic"}), UsageError);
  CHECK_THROWS_AS(configurations_of({"--workload", "svm"}), UsageError);
}

TEST_CASE(
    "Every configuration's command line parses back to that configuration alone, with the same "
    "identity") {
  auto configurations = configurations_of({});
  const auto add = [&](const Texts& words) {
    const auto more = configurations_of(words);
    configurations.insert(configurations.end(), more.begin(), more.end());
  };
  add(with({"--workers",
            "1,3",
            "--lr",
            "auto,0.1,3e-7",
            "--rule",
            "*",
            "--momentum",
            "-0.3,0.9",
            "--protocol",
            "async,ssp:2,bsp",
            "--write",
            "store,cas",
            "--persistence",
            "0,5",
            "--exchange",
            "1,4096",
            "--compute-delay",
            "constant:0,uniform:1ms,2.5ms",
            "--straggler",
            "none,0:4+random:0.1:2",
            "--latency",
            "exp:50us",
            "--bandwidth",
            "10Gbit",
            "--delay-mode",
            "spin",
            "--lr-schedule",
            "inverse,exponential:0.97",
            "--staleness-policy",
            "inverse"}));
  add(with({"--intercept", "on"}));
  add({"--workload",
       "mlp",
       "--data",
       "a'b/x\\,y z.svm,mnist-like:rows=20,seed=3",
       "--hidden",
       "7;64,32",
       "--activation",
       "tanh",
       "--standardize",
       "--index-base",
       "0",
       "--label-column=--the label",
       "--test-data",
       "t,u.csv",
       "--holdout",
       "0.125",
       "--feature-order",
       "file",
       "--l2",
       "0,1e-5",
       "--shuffle",
       "full,blocks:64,none",
       "--assign",
       "round-robin",
       "--pin",
       "off",
       "--updates",
       "77",
       "--max-seconds",
       "2.5",
       "--evaluations",
       "9",
       "--target-accuracy",
       "0.9",
       "--seed",
       "11",
       "--repeats",
       "2",
       "--warmup",
       "0",
       "--batch",
       "auto,3"});
  // Each value of each list is among every thirteenth, since no list has a multiple of thirteen.
  std::size_t checked = 0;
  for (std::size_t i = 0; i < configurations.size(); i += 13, ++checked) {
    const auto& configuration = configurations[i];
    const auto words = arguments_of(configuration);
    const auto again = configurations_of(words, 1);
    CAPTURE(command_of(configuration));
    REQUIRE(again.size() == 1);
    CHECK(arguments_of(again[0]) == words);
    CHECK(config_id(again[0]) == config_id(configuration));
  }
  CHECK(checked > 500);
}

TEST_CASE("A configuration's identity does not depend on how often it is repeated") {
  const auto a = configurations_of(with({"--repeats", "2", "--warmup", "0"}));
  const auto b = configurations_of(with({"--repeats", "9"}));
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(config_id(a[i]) == config_id(b[i]));
  CHECK(config_id(a[0]).size() == 10);
  CHECK(config_id(a[0]) != config_id(configurations_of(with({"--seed", "2"}))[0]));
}

TEST_CASE("Parts may ask for one configuration twice, but not for different repeats of it") {
  const auto part = [](const std::string& repeats) {
    Given given;
    for (const auto* pair : {"--workload=logreg", "--data=quadratic", "--backend=*"}) {
      const std::string text = pair;
      given.add(find_option(kRun, text.substr(0, text.find('='))).name,
                text.substr(text.find('=') + 1));
    }
    given.add("--repeats", repeats);
    return given;
  };
  const auto real = std::count_if(backend_catalog().begin(), backend_catalog().end(), is_meant);
  CHECK(sweep({part("3"), part("3")}, 2).size() == static_cast<std::size_t>(real));
  CHECK_THROWS_WITH_AS(sweep({part("3"), part("4")}, 2), doctest::Contains("twice"), UsageError);
}

TEST_CASE("Names, values and sizes that can't be are refused") {
  for (const Texts& words : {Texts{"--backend", "nobody"},
                             {"--workers", "0"},
                             {"--workers", "1..100000"},
                             {"--lr", "0"},
                             {"--momentum", "1"},
                             {"--protocol", "asink"},
                             {"--write", "cass"},
                             {"--hidden", "0"},
                             {"--holdout", "1"},
                             {"--epochs", "0"},
                             {"--kernels", "mkl"},
                             {"--rule", "adam2"},
                             {"--lr-schedule", "linear"},
                             {"--staleness-policy", "x"},
                             {"--pin", "maybe"},
                             {"--lr", "1..9999:+1", "--batch", "1..9999"}})
    CHECK_THROWS_AS(configurations_of(with(words)), UsageError);
}

TEST_CASE("Epochs made up for --updates hold them, however many examples land in one") {
  for (const std::uint64_t n : {1U, 7U, 100U, 1000U})
    for (const std::uint64_t landing : {1U, 3U, 64U, 1024U, 5000U})
      for (const std::uint64_t updates : {1U, 10U, 999U}) {
        const auto epochs = enough_epochs(updates, n, landing);
        const auto per_epoch = (n + std::min(n, landing) - 1) / std::min(n, landing);
        CHECK(epochs * per_epoch >= updates);
        CHECK((epochs - 1) * per_epoch < updates);
      }
}

TEST_CASE("A shell reads a quoted word as it was") {
  CHECK(shell_quote("a-b/c:d=1,2") == "a-b/c:d=1,2");
  CHECK(shell_quote("") == "''");
  CHECK(shell_quote("it's") == "'it'\\''s'");
  CHECK(shell_quote("a;b") == "'a;b'");
  CHECK(shell_quote("*") == "'*'");
}
