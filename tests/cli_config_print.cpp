// Suites that are written: --print-config.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "cli/options.h"
#include "results/text.h"
#include "tests/cli_process.h"
#include "tests/cli_request.h"
#include "workloads/names.h"
#include "workloads/random.h"

using namespace sgdbench;

namespace {

/// Everything that a request says outside of its cells.
Texts outputs_of(const Request& request) {
  Texts outputs;
  for (const auto& option : option_table())
    if (!option.apply && option.name != "--config")
      for (const auto& text : request.given.texts(option.name))
        outputs.push_back(std::string(option.name) + '=' + text);
  return outputs;
}

/// Values that options of a run may have; the first stands for its simplest use.
const std::vector<std::pair<std::string, Texts>> kChosen{
    {"--workload", {"logreg", "least-squares,svm", "mlp", "*"}},
    {"--data",
     {"quadratic:rows=9", "a:rows=1,seed=2,b.svm", "x\\,y z.svm", "it's \"δ\"\t\x7f.csv"}},
    {"--test-data", {"t,u.csv", "007"}},
    {"--holdout", {"0.125", "1e-3", ".5"}},
    {"--standardize", {""}},
    {"--index-base", {"0", "1"}},
    {"--label-column", {"label", "3", "the \\ 'label'", "-0.0", "1e400", "true"}},
    {"--drop-columns", {"id", "1,the id"}},
    {"--header", {"on", "off", "auto"}},
    {"--max-unpacked", {"4GB", "1.5MiB", "4096"}},
    {"--feature-order", {"file"}},
    {"--l2", {"auto", "0,1e-5", "1e-4..1e-2:x10"}},
    {"--intercept", {"on", "off,on"}},
    {"--hidden", {"8", "64,32", "7;64,32"}},
    {"--activation", {"tanh", "relu,tanh"}},
    {"--rule", {"sgd", "*", "m*,sgd"}},
    {"--momentum", {"-0.3", "0.5,0.9"}},
    {"--average", {"polyak", "none,tail:0.25"}},
    {"--batch", {"auto", "auto,8", "1..8:x2"}},
    {"--lr", {"0.1", "0.30000000000000004,3e-7", "auto"}},
    {"--lr-schedule", {"inverse,exponential:0.97"}},
    {"--staleness-policy", {"inverse", "none,dc:0.5,gap-aware"}},
    {"--max-staleness", {"0", "inf,2,8"}},
    {"--shuffle", {"full,blocks:64,none"}},
    {"--backend", {"*", "hog*,locked", "sequential"}},
    {"--protocol", {"async,ssp:2,bsp"}},
    {"--write", {"cas", "store,cas"}},
    {"--persistence", {"0,5"}},
    {"--exchange", {"1,4096"}},
    {"--compute-delay", {"exp:1ms", "constant:0,uniform:1ms,2ms,exp:3ms", "pareto:1ms,1.5"}},
    {"--straggler", {"0:4", "none,0:2+1:3,random:0.1:8", "periodic:4:2"}},
    {"--latency", {"constant:0", "exp:50us,bernoulli:.1,5ms"}},
    {"--bandwidth", {"unlimited", "10Gbit,100MB/s", "0.1GB"}},
    {"--delay-mode", {"spin", "sleep,spin"}},
    {"--compute-time", {"exp:1ms", "constant:1ms,shifted-exp:1ms,2ms"}},
    {"--cluster", {"fast:3@exp:1ms slow:1@uniform:1ms,4ms", "none"}},
    {"--service", {"exp:10us"}},
    {"--shards", {"2", "1,4"}},
    {"--all-reduce", {"ring", "server,tree"}},
    {"--parameters", {"100"}},
    {"--kernels", {"native", "*"}},
    {"--assign", {"round-robin"}},
    {"--workers", {"2", "1,2", "all", "1,all", "1..4:x2"}},
    {"--pin", {"off"}},
    {"--epochs", {"7"}},
    {"--updates", {"123456789012"}},
    {"--max-seconds", {"2.5", "1e2"}},
    {"--evaluations", {"4", "geometric:9"}},
    {"--recording", {"full,none"}},
    {"--target", {"1%", "10%,0.05", "2.5%"}},
    {"--target-loss", {"0.486"}},
    {"--target-accuracy", {"0.9"}},
    {"--stop-at-target", {""}},
    {"--until-ci", {"2%", "0.005"}},
    {"--until-gate", {"10%", "0.2"}},
    {"--budget", {"90"}},
    {"--seed", {"18446744073709551615", "5"}},
    {"--repeats", {"2"}},
    {"--warmup", {"0"}},
    {"--csv", {"-", "a \"b\".csv", "12"}},
    {"--workers-csv", {"w.csv"}},
    {"--trace", {"t.json"}},
    {"--trace-slices", {"50"}},
    {"--output", {"made/here"}},
    {"--journal", {"j.jsonl"}},
    {"--sort", {"loss"}},
    {"--best-per", {"backend", "backend,workers"}},
    {"--columns", {"wait_share", "wait_share,updates_per_s"}},
    {"--strict", {""}},
    {"--resume", {""}},
    {"--quiet", {""}},
};

/// The first of a few texts that the option takes, in two forms if it is swept.
Texts some_values(const Option& option) {
  for (const char* text : {"3", "0.5", "on", "exp:1ms", "x"}) try {
      Configuration configuration;
      apply(option, configuration, expand(option, text).at(0));
      if (option.value.empty()) return {""};
      return option.expand ? Texts{text, std::string(text) + ',' + text} : Texts{text};
    } catch (const UsageError&) {
    }
  return {};
}

/// The same of every option that makes a configuration; reports are alike.
const std::vector<std::pair<std::string, Texts>>& all_values() {
  static const auto all = [] {
    auto values = kChosen;
    for (const auto* option : options_of(kRun)) {
      const auto is_it = [&](const auto& one) { return one.first == option->name; };
      if (!option->apply || std::any_of(values.begin(), values.end(), is_it)) continue;
      auto some = some_values(*option);
      CHECK_MESSAGE(!some.empty(), option->name);
      values.emplace_back(option->name, std::move(some));
    }
    return values;
  }();
  return all;
}

/// A command line of up to eight options; now and then one is given twice.
Texts random_words(Random& random) {
  Texts words;
  std::set<std::string> used;
  const auto count = random.bits() % 9;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto& [name, values] = all_values()[random.bits() % all_values().size()];
    if (!used.insert(name).second && find_option(kRun, name).expand == nullptr) continue;
    words.push_back(name);
    if (!values.front().empty()) words.push_back(values[random.bits() % values.size()]);
  }
  return words;
}

/// Checks the property for one command line; false where the command line itself is refused.
bool comes_back(const Scratch& scratch, const Texts& words) {
  Request request;
  Texts commands;
  try {
    request = request_of(words);
    commands = commands_of(request);
  } catch (const UsageError&) {
    return false;
  }
  const auto text = to_toml(request);
  const auto again = request_of({"--config", scratch.file("suite.toml", text)});
  CAPTURE(shell_line(words));
  CAPTURE(text);
  CHECK(commands_of(again) == commands);
  CHECK(outputs_of(again) == outputs_of(request));
  CHECK(to_toml(again) == text);
  return true;
}

}  // namespace

TEST_CASE("A printed suite makes the cells and reports of the command line, whatever it says") {
  const Scratch scratch;
  CHECK(comes_back(scratch, {}));
  for (const auto& option : all_values())
    for (const auto& value : option.second) {
      const auto& name = option.first;
      Texts words{"--workload", "logreg", "--data", "quadratic"};
      if (name == "--workload" || name == "--data") words.clear();
      words.push_back(name);
      if (!value.empty()) words.push_back(value);
      if (name == "--data") words.insert(words.end(), {"--workload", "svm"});
      if (name == "--workload") words.insert(words.end(), {"--data", "quadratic"});
      // Two, as a single cell may not contradict itself.
      if (find_option(kRun, name).group == Group::simulation)
        words.insert(words.end(), {"--backend", "hogwild,simulator"});
      CAPTURE(name);
      CAPTURE(value);
      CHECK(comes_back(scratch, words));
    }
  Random random(20);
  int accepted = 0;
  for (int i = 0; i < 100; ++i) accepted += comes_back(scratch, random_words(random)) ? 1 : 0;
  CHECK(accepted > 30);
}

TEST_CASE("A value that no suite can hold is refused with its option") {
  CHECK_THROWS_WITH_AS(to_toml(request_of({"--workload", "svm", "--data", "a\xff.svm"})),
                       doctest::Contains("--data"), UsageError);
}

TEST_CASE("A printed suite, run, has the rows of the command line that printed it") {
  const Scratch scratch;
  const std::string words =
      "run -q --workload least-squares,svm --data quadratic:rows=50,features=4 --backend "
      "sequential "
      "--workers 1 --epochs 1 --repeats 2 --curve curve.csv";
  CHECK(scratch.run(words + " --print-config", "", ">suite.toml").code == 0);
  CHECK(scratch.run("run --config suite.toml --csv -").code ==
        scratch.run(words + " --csv -").code);
  const auto ids = [&](const std::string& line) {
    std::set<std::string> found;
    const auto rows = csv_rows(scratch.run(line + " --csv -").out);
    for (std::size_t i = 1; i < rows.size(); ++i) found.insert(cell(rows, i, "run_id"));
    return found;
  };
  CHECK(ids("run --config suite.toml") == ids(words));
  CHECK(csv_rows(content(scratch.path("curve.csv"))).size() > 1);
}

TEST_CASE("Several exports come back from a suite, commas in their paths too") {
  const Scratch scratch;
  const Texts words{"--export", "bencher=a,b.json", "--export", "github-action-benchmark=c.json"};
  const auto request = request_of(words);
  const auto again = request_of({"--config", scratch.file("suite.toml", to_toml(request))});
  CHECK(again.given.texts("--export") == request.given.texts("--export"));
}

TEST_CASE("A share is the same number with and without its percent sign") {
  for (const auto& [share, percent] : {std::pair{"0.07", "7%"}, {"0.57", "57%"}, {"0.29", "29%"}})
    CHECK(commands_of(
              request_of({"--workload", "logreg", "--data", "quadratic", "--target", share})) ==
          commands_of(
              request_of({"--workload", "logreg", "--data", "quadratic", "--target", percent})));
}
