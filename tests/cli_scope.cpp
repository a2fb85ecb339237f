// Options that are not for everybody: said, refused, or in place.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "backends/backend.h"
#include "cli/configuration.h"
#include "cli/request.h"
#include "cli/sweep.h"
#include "cli/verbs.h"
#include "workloads/names.h"

using namespace sgdbench;
using Words = std::vector<std::string>;

namespace {

struct Asked {
  std::vector<Configuration> configurations;
  Words notes;
};
Asked asked(Words words) {
  words.insert(words.begin(), "run");
  const auto request = requested(parse(words).invocation.given);
  const auto configurations = sweep(request.parts, 2);
  return {configurations, out_of_scope(request.parts, configurations)};
}

Words on_problem(const std::string& workload, Words more) {
  more.insert(more.begin(), {"--workload", workload, "--data", "quadratic:rows=10,features=3"});
  return more;
}

/// A value of each option of a strategy that asks for something.
struct Example {
  std::string_view option, value;
  bool (*takes)(const BackendEntry&);
};
constexpr Example kExamples[] = {
    {"--protocol", "bsp", [](const BackendEntry& row) { return row.uses_protocol; }},
    {"--protocol", "async", [](const BackendEntry& row) { return row.uses_protocol; }},
    {"--write", "cas", [](const BackendEntry& row) { return row.uses_write; }},
    {"--persistence", "3", [](const BackendEntry& row) { return row.uses_persistence; }},
    {"--max-staleness", "3", [](const BackendEntry& row) { return row.bounds_staleness; }},
    {"--exchange", "64", [](const BackendEntry& row) { return row.uses_exchange; }},
    {"--kernels", "onednn", [](const BackendEntry& row) { return row.own_kernels.empty(); }},
    {"--compute-delay", "exp:1ms", [](const BackendEntry& row) { return row.delays_compute; }},
    {"--straggler", "0:2", [](const BackendEntry& row) { return row.delays_compute; }},
    {"--latency", "exp:1ms", [](const BackendEntry& row) { return row.delays_messages; }},
    {"--bandwidth", "1MB", [](const BackendEntry& row) { return row.delays_messages; }},
    {"--cluster", "a:2@exp:1ms", [](const BackendEntry& row) { return row.virtual_clock; }},
    {"--service", "exp:1ms", [](const BackendEntry& row) { return row.virtual_clock; }},
    {"--shards", "2", [](const BackendEntry& row) { return row.uses_shards; }},
    {"--all-reduce", "server", [](const BackendEntry& row) { return row.all_reduces; }},
    {"--pin", "on", [](const BackendEntry& row) { return !row.virtual_clock; }},
    {"--warmup", "2", [](const BackendEntry& row) { return !row.virtual_clock; }},
};

/// What a configuration on a virtual clock needs, and others do not mind.
Words with_time(const BackendEntry& row, Words words) {
  const bool has_cluster = std::find(words.begin(), words.end(), "--cluster") != words.end();
  if (row.virtual_clock && !has_cluster)
    words.insert(words.end(), {"--compute-time", "constant:1ms"});
  return words;
}

}  // namespace

TEST_CASE("An option that a backend does not take is refused where there is no other backend") {
  for (const auto& row : backend_catalog())
    for (const auto& example : kExamples) {
      const auto option = example.option, value = example.value;
      CAPTURE(row.name);
      CAPTURE(option);
      const auto words =
          with_time(row, on_problem("logreg", {"--backend", std::string(row.name),
                                               std::string(option), std::string(value)}));
      if (example.takes(row))
        CHECK(asked(words).notes.empty());
      else
        CHECK_THROWS_WITH_AS(asked(words), doctest::Contains(std::string(option).c_str()),
                             UsageError);
    }
}

TEST_CASE("Beside a backend that takes the option, one called by its name is told of in a note") {
  const auto& rows = backend_catalog();
  for (const auto& example : kExamples) {
    const auto option = example.option, value = example.value;
    const auto& taker = *std::find_if(rows.begin(), rows.end(), example.takes);
    for (const auto& row : rows) {
      if (example.takes(row)) continue;
      CAPTURE(row.name);
      CAPTURE(option);
      const auto both = fmt::format("{},{}", row.name, taker.name);
      const auto words = with_time(
          row.virtual_clock ? row : taker,
          on_problem("logreg", {"--backend", both, std::string(option), std::string(value)}));
      const auto [configurations, notes] = asked(words);
      CHECK(configurations.size() == 2);
      CHECK(std::count_if(notes.begin(), notes.end(), [&](const std::string& note) {
              return note.starts_with(option) &&
                     note.ends_with(fmt::format("--backend {}", row.name));
            }) == 1);
    }
  }
}

TEST_CASE("A pattern names nobody, and the suite's own options are not the user's") {
  CHECK(asked(on_problem("logreg", {"--backend", "*", "--protocol", "bsp"})).notes.empty());
  CHECK(asked({"--protocol", "bsp", "--momentum", "0.5", "--rule", "*"}).notes.empty());
  CHECK(asked({"--hidden", "32"}).notes.empty());
  CHECK(asked({"--recording", "none"}).notes.empty());
  CHECK(asked({"--workload", "logreg,mlp", "--hidden", "32"}).notes ==
        Words{"--hidden is for --workload mlp, and means nothing to --workload logreg"});
  CHECK_THROWS_WITH_AS(asked({"--parameters", "7"}), doctest::Contains("--workload none"),
                       UsageError);
}

TEST_CASE("Workloads, rules, clusters and other options decide as well what an option means") {
  const auto refused = [](const std::string& workload, const Words& more, const char* about) {
    CAPTURE(about);
    CHECK_THROWS_WITH_AS(asked(on_problem(workload, more)), doctest::Contains(about), UsageError);
  };
  refused("logreg", {"--hidden", "8"}, "--hidden is for --workload mlp");
  refused("logreg", {"--activation", "relu"}, "--activation is for --workload mlp");
  refused("logreg", {"--momentum", "0.5"}, "--momentum is for --rule momentum or nesterov");
  refused("logreg", {"--parameters", "5"}, "--parameters is for --workload none");
  refused("logreg", {"--delay-mode", "spin"}, "--delay-mode is for delays on a real clock");
  refused("logreg", {"--budget", "9"}, "--budget is for --until-ci or --until-gate");
  refused("logreg", {"--recording", "none", "--evaluations", "9"}, "--recording full");
  refused("none", {"--updates", "9"}, "--data is for --workload");
  refused("logreg",
          {"--backend", "simulator", "--compute-time", "exp:1ms", "--cluster", "a:2@exp:1ms"},
          "without a --cluster");
  for (const Words& words : {Words{"--standardize"}, {"--lr", "0.1"}, {"--l2", "0.1"}}) {
    Words all{"--workload", "none", "--updates", "9"};
    all.insert(all.end(), words.begin(), words.end());
    CHECK_THROWS_WITH_AS(asked(all), doctest::Contains(words[0].c_str()), UsageError);
  }
}

TEST_CASE("What asks for nothing is in place anywhere, and a cell's own command says no more") {
  const Words nothing{"--latency",     "constant:0", "--straggler",     "none", "--cluster", "none",
                      "--persistence", "0",          "--max-staleness", "inf"};
  CHECK(asked(on_problem("logreg", nothing)).notes.empty());
  for (const Words& words :
       {Words{"--workload", "none", "--updates", "9", "--backend", "simulator,locked",
              "--compute-time", "exp:1ms"},
        on_problem("logreg", {"--backend", "*", "--protocol", "bsp,async", "--write", "store,cas",
                              "--rule", "*", "--momentum", "0.1", "--latency", "exp:1ms"})})
    for (const auto& configuration : asked(words).configurations) {
      CAPTURE(command_of(configuration));
      CHECK(asked(arguments_of(configuration)).notes.empty());
    }
}
