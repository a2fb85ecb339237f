// Options of what a run is exposed to.
#include <doctest/doctest.h>

#include <set>

#include "backends/backend.h"
#include "cli/configuration.h"
#include "cli/sweep.h"
#include "cli/values.h"
#include "tests/cli_process.h"
#include "tests/cli_request.h"
#include "workloads/names.h"

using namespace sgdbench;

namespace {

const Texts kConditionsProblem{"--workload", "least-squares", "--data",
                               "quadratic:rows=40,features=3"};

/// The first backend with this property, on two workers.
Texts exposed_words(bool BackendEntry::*property, bool wanted, const Texts& more) {
  Texts all = kConditionsProblem;
  for (const auto& row : backend_catalog())
    if (row.*property == wanted && !row.one_worker && row.unavailable().empty()) {
      all.insert(all.end(), {"--backend", std::string(row.name), "--workers", "2"});
      break;
    }
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<Configuration> exposed_cells(const Texts& all) {
  return sweep(request_of(all).parts, 2);
}

Texts stragglers_of(const Texts& more) {
  Texts texts;
  for (const auto& configuration :
       exposed_cells(exposed_words(&BackendEntry::delays_messages, true, more)))
    texts.push_back(configuration.spec.conditions.straggler_text);
  return texts;
}

}  // namespace

TEST_CASE("A list of forms keeps the numbers of each, and every item comes back from its escape") {
  CHECK(expand_forms("uniform:1ms,2ms,exp:3ms") == Texts{"uniform:1ms,2ms", "exp:3ms"});
  CHECK(expand_forms("elastic:0.1,10,async") == Texts{"elastic:0.1,10", "async"});
  CHECK(expand_forms("bernoulli:.1,.5ms") == Texts{"bernoulli:.1,.5ms"});
  CHECK(expand_forms("uniform:0,-1ms") == Texts{"uniform:0,-1ms"});
  CHECK(expand_forms("trace:a\\,b,exp:1s") == Texts{"trace:a,b", "exp:1s"});
  for (const auto* item : {"exp:1ms", "uniform:1ms,2ms", "trace:a,b", "trace:a,1", "trace:x\\,y"})
    CHECK(expand_forms(escape_form(item)) == Texts{item});
}

TEST_CASE("Stragglers given one by one are one set, each of one list with each of the other") {
  CHECK(stragglers_of({"--straggler", "0:4", "--straggler", "1:2"}) == Texts{"0:4+1:2"});
  CHECK(stragglers_of({"--straggler", "0:4,1:2"}) == Texts{"0:4", "1:2"});
  CHECK(stragglers_of({"--straggler", "none,0:4", "--straggler", "1:2,none"}) ==
        Texts{"1:2", "", "0:4+1:2", "0:4"});
}

TEST_CASE("Conditions are part of a configuration where they are obeyed, and not swept elsewhere") {
  const Texts axes{"--compute-delay", "constant:0,uniform:1ms,2ms",
                   "--latency",       "exp:0,exp:1ms",
                   "--straggler",     "none,0:2",
                   "--bandwidth",     "unlimited,1MB"};
  std::set<std::string> ids;
  const auto configurations =
      exposed_cells(exposed_words(&BackendEntry::delays_messages, true, axes));
  for (const auto& configuration : configurations) ids.insert(config_id(configuration));
  CHECK(configurations.size() == 16);
  CHECK(ids.size() == 16);
  for (const auto& row : backend_catalog()) {
    CAPTURE(row.name);
    auto all = kConditionsProblem;
    all.insert(all.end(), {"--backend", std::string(row.name), "--workers", "1"});
    all.insert(all.end(), axes.begin(), axes.end());
    CHECK(exposed_cells(all).size() ==
          (row.delays_compute ? 4U : 1U) * (row.delays_messages ? 4U : 1U));
  }
  CHECK(exposed_cells(
            exposed_words(&BackendEntry::delays_messages, true, {"--delay-mode", "sleep,spin"}))
            .size() == 1);
}

TEST_CASE("A straggler that is no worker is a mistake alone, and a row among others") {
  CHECK_THROWS_WITH_AS(stragglers_of({"--straggler", "2:4"}), doctest::Contains("0 to 1"),
                       UsageError);
  CHECK(stragglers_of({"--straggler", "2:4,1:4"}).size() == 2);
}

TEST_CASE("What can be no condition is refused with its option") {
  for (const auto& [option, value] : {std::pair{"--compute-delay", "exponential:1ms"},
                                      {"--latency", "uniform:2ms,1ms"},
                                      {"--compute-delay", "pareto:1ms,1"},
                                      {"--straggler", "0:0"},
                                      {"--bandwidth", "10Gb"},
                                      {"--delay-mode", "slep"}})
    CHECK_THROWS_WITH_AS(stragglers_of({option, value}), doctest::Contains(option), UsageError);
}

TEST_CASE("A run says what it was exposed to, and what each worker did") {
  const Scratch scratch;
  std::string line = "run -q --repeats 1 --warmup 0 --epochs 1 --batch 4";
  for (const auto& word : exposed_words(&BackendEntry::delays_messages, true, {}))
    line += ' ' + word;
  const auto delayed = scratch.run(
      line +
      " --compute-delay exp:100us --straggler 1:2 --bandwidth 1GB --csv - --workers-csv w.csv");
  CHECK(delayed.code == 0);
  const auto rows = csv_rows(delayed.out);
  CHECK(cell(rows, 1, "compute_delay") == "exp:100us");
  CHECK(cell(rows, 1, "straggler") == "1:2");
  CHECK(cell(rows, 1, "latency").empty());
  CHECK(std::stod(cell(rows, 1, "bandwidth")) == 1e9);
  CHECK(cell(rows, 1, "delay_mode") == "sleep");
  CHECK(std::stod(cell(rows, 1, "wait_share")) ==
        doctest::Approx(std::stod(cell(rows, 1, "wait_s")) / std::stod(cell(rows, 1, "wall_s"))));
  const auto workers = csv_rows(content(scratch.path("w.csv")));
  CHECK(workers.size() == 3);
  CHECK(std::stoi(cell(workers, 1, "computed")) + std::stoi(cell(workers, 2, "computed")) == 40);
  const auto plain = csv_rows(scratch.run(line + " --csv -").out);
  for (const auto* column : {"compute_delay", "straggler", "latency", "bandwidth", "delay_mode"})
    CHECK(cell(plain, 1, column).empty());
}

TEST_CASE("A trace that has text in it is bad data, and one that is not there is missing") {
  const Scratch scratch;
  const auto file = scratch.file("slow.txt", "1ms\nslow\n");
  std::string line = "run -q --repeats 1 --warmup 0 --epochs 1";
  for (const auto& word : exposed_words(&BackendEntry::delays_messages, true, {}))
    line += ' ' + word;
  const auto bad = scratch.run(line + " --compute-delay trace:slow.txt");
  CHECK(bad.code == 65);
  CHECK(bad.err.find("slow.txt:2") != std::string::npos);
  CHECK(scratch.run(line + " --compute-delay trace:none.txt").code == 66);
}

TEST_CASE(
    "A simulated straggler of a gradient that takes no time is refused, and a delay is enough") {
  const Scratch scratch;
  const std::string none =
      "run --workload none --parameters 100 --backend simulator --protocol async --workers 4 "
      "--straggler 0:1000 --latency constant:1ms --updates 20 --repeats 1 -q ";
  const auto refused = scratch.run(none);
  CHECK(refused.code == 2);
  CHECK(refused.err.find("a straggler is a gradient's time, multiplied") != std::string::npos);
  CHECK(scratch.run(none + "--compute-delay constant:1ms").code == 0);
  CHECK(scratch.run(none + "--compute-time constant:1ms").code == 0);
}
