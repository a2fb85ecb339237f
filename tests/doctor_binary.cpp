// `doctor`, and the warning of `run`, seen from outside.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "results/environment.h"
#include "tests/cli_process.h"

using namespace sgdbench;

namespace {
const std::string kNoted =
    "run --workload least-squares --data quadratic:rows=50,features=4 --epochs 1 --repeats 1 "
    "--warmup 0 --backend 'hog*' --json ";
}

TEST_CASE("doctor writes numbers for each count of threads, and nothing else on stdout") {
  const Scratch scratch;
  const auto done = scratch.run("doctor --workers 3 --format json");
  CHECK(done.code == 0);
  CHECK(done.err.empty());
  const auto json = nlohmann::json::parse(done.out);
  CHECK(done.out.find("nan") == std::string::npos);
  CHECK(json["workers"] == 3);
  const auto& measured = json["measured"];
  CHECK(measured["parallel_capacity"].size() == 2);
  CHECK(measured["barrier_ns"] > 0);
  CHECK(measured["read_bytes_per_s_all_threads"] > 0);
  CHECK(measured["noise_1_thread"]["piece_median_s"] > 0);
  CHECK(measured["noise_all_threads"]["run_spread"] >= 0);
}

TEST_CASE("doctor refuses a number of workers or a format that is none") {
  const Scratch scratch;
  for (const auto* workers : {"0", "1,2", "x"}) {
    const auto refused = scratch.run(std::string("doctor --workers ") + workers);
    CHECK(refused.code == 2);
    CHECK(refused.err.find("--workers: ") != std::string::npos);
  }
  CHECK(scratch.run("doctor --format yaml").code == 2);
}

TEST_CASE("run warns of one thing at most, not when quiet, and its report has all of them") {
  const Scratch scratch;
  const auto workers = std::to_string(available_cores() + 1);
  const auto done = scratch.run(kNoted + "noted.json --workers " + workers);
  CHECK(done.code == 0);
  const auto first = done.err.find("sgdbench: warning: ");
  REQUIRE(first != std::string::npos);
  CHECK(done.err.find("warning", first + 20) == std::string::npos);
  CHECK(scratch.run(kNoted + "quiet.json -q --workers " + workers).err.empty());
  for (const auto* name : {"noted.json", "quiet.json"}) {
    const auto report = nlohmann::json::parse(content(scratch.path(name)));
    std::string notes;
    for (const auto& note : report["context"]["notes"]) notes += note.get<std::string>() + '\n';
    CHECK(notes.find(workers + " workers share") != std::string::npos);
  }
}

TEST_CASE("A report names the caches that hwloc finds, and none in a build without it") {
  const Scratch scratch;
  // A machine for hwloc alone to believe in.
  const auto done = scratch.run(kNoted + "made.json --workers 1",
                                "HWLOC_SYNTHETIC='pack:1 l2:1(size=3145728) core:1 pu:4096'");
  REQUIRE(done.code == 0);
  const auto context = nlohmann::json::parse(content(scratch.path("made.json")))["context"];
  const auto& caches = context["caches"];
  if (!context["libraries"].contains("hwloc")) {
    CHECK(caches.empty());
    return;
  }
  REQUIRE(caches.size() == 1);
  CHECK(caches[0]["level"] == 2);
  CHECK(caches[0]["type"] == "Unified");
  CHECK(caches[0]["size"] == 3145728);
  CHECK(caches[0]["num_sharing"] == 4096);
}
