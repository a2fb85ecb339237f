// `sgdbench compare --paired` seen from outside. The commands are scripts that write a report, so
// that what they measured is known.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "tests/cli_process.h"

using namespace sgdbench;

namespace {

/// A script that finds what it was given after --csv and --seed, logs itself, and writes a row
/// whose time is `factor` times a drifting one.
std::string script(const std::string& name, const std::string& config_id, int percent) {
  return "#!/bin/sh\n"
         "while [ $# -gt 0 ]; do\n"
         "  case $1 in --csv) csv=$2; shift;; --seed) seed=$2; shift;; esac; shift\n"
         "done\n"
         "echo " +
         name +
         " $seed >>log\n"
         "echo config_id,status,wall_s,deterministic,command >$csv\n"
         "echo " +
         config_id + ",ok,$((seed * seed * " + std::to_string(percent) +
         ")),false,sgdbench run --seed $seed >>$csv\n";
}

struct Commands : Scratch {
  Commands() {
    file("old", script("old", "c1", 100));
    file("slow", script("slow", "c1", 120));
    file("other", script("other", "c2", 120));
    file("bad", "echo 'it can not' >&2\nexit $CODE\n");
  }
  Outcome compare(const std::string& a, const std::string& b, const std::string& more = "") const {
    return run("compare --paired 'sh ./" + a + "' 'sh ./" + b + "' " + more);
  }
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("Two commands are run alternately, and the drift that both have cancels") {
  // The times grow with the square of the round; within a round one is 20 % slower.
  const Commands commands;
  const auto outcome = commands.compare("old", "slow", "--rounds 10 --format csv");
  CAPTURE(outcome.err);
  CHECK(outcome.code == 1);
  const auto rows = csv_rows(outcome.out);
  CHECK(std::stod(cell(rows, 1, "ratio_low")) == doctest::Approx(1.2));
  CHECK(std::stod(cell(rows, 1, "ratio_high")) == doctest::Approx(1.2));
  CHECK(cell(rows, 1, "base_repeats") == "10");
  const auto log = content(commands.path("log"));
  CHECK(count(log, "old") == 10);
  CHECK(count(log, "slow") == 10);
  for (int seed = 1; seed <= 10; ++seed)  // each round has a seed, and both commands have it
    CHECK(count(log, " " + std::to_string(seed) + "\n") == 2);
  // Each is first in half of the rounds, in the same random order each time.
  int old_first = 0;
  for (int seed = 1; seed <= 10; ++seed) {
    const auto round = std::to_string(seed);
    old_first += log.find("old " + round + "\nslow " + round + "\n") != std::string::npos;
  }
  CHECK(old_first == 5);
  commands.file("log", "");
  commands.compare("old", "slow", "--rounds 10");
  CHECK(content(commands.path("log")) == log);
}

TEST_CASE("A single configuration on each side is matched though they differ, and it is said") {
  const Commands commands;
  const auto outcome = commands.compare("old", "other", "--rounds 10");
  CHECK(outcome.code == 1);
  CHECK(outcome.out.find("different configurations are compared: c1 in OLD and c2 in NEW") !=
        std::string::npos);
}

TEST_CASE("A command that fails ends the comparison with what it said and why") {
  const Commands commands;
  for (const auto& [status, code] :
       {std::pair{2, 2}, {65, 65}, {66, 66}, {1, 70}, {70, 70}, {127, 2}}) {
    const auto outcome = commands.run("compare --paired 'sh ./old' 'sh ./bad' --rounds 2",
                                      "CODE=" + std::to_string(status));
    CAPTURE(outcome.err);
    CHECK(outcome.code == code);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.find("it can not\n") != std::string::npos);
    CHECK(outcome.err.find("the NEW command ended with exit code " + std::to_string(status)) !=
          std::string::npos);
  }
  CHECK(commands.run("compare --paired 'sh ./old' true --rounds 2").err.find("wrote no report") !=
        std::string::npos);
  CHECK(commands.run("compare --paired 'sh ./old' no-such-program --rounds 2").code == 2);
}

TEST_CASE("What a round decides is refused in a command; a seed of its own is kept") {
  const Commands commands;
  CHECK(commands.run("compare --paired 'sh ./old --csv x' 'sh ./slow'").code == 2);
  CHECK(commands.run("compare --paired 'sh ./old' 'sh ./slow --repeats=3'").code == 2);
  CHECK(commands.run("compare --paired 'sh ./old' 'sh ./slow' --rounds 0").code == 2);
  commands.run("compare --paired 'sh ./old --seed 7' 'sh ./slow' --rounds 3");
  CHECK(count(content(commands.path("log")), "old 7\n") == 3);
}

TEST_CASE("Configurations that differ in a seed of the command's own stay apart") {
  const Commands commands;
  commands.file("two",
                "#!/bin/sh\n"
                "while [ $# -gt 0 ]; do case $1 in --csv) csv=$2; shift;; esac; shift; done\n"
                "{ echo config_id,status,wall_s,command\n"
                "echo c1,ok,1,sgdbench run --seed 1\n"
                "echo c2,ok,2,sgdbench run --seed 2; } >$csv\n");
  const auto outcome = commands.run(
      "compare --paired 'sh ./two --seed 1,2' 'sh ./two --seed 1,2' --rounds 6 --format csv");
  CAPTURE(outcome.err);
  const auto rows = csv_rows(outcome.out);
  REQUIRE(rows.size() == 3);
  CHECK(cell(rows, 1, "base_median") == "1");
  CHECK(cell(rows, 2, "base_median") == "2");
  const auto lost = commands.compare("two", "two", "--rounds 2");
  CHECK(lost.code == 2);
  CHECK(lost.err.find("twice in round 1") != std::string::npos);
}

TEST_CASE("A command that writes something else than a report is named") {
  const Commands commands;
  commands.file("junk", "while [ $1 != --csv ]; do shift; done\necho junk >$2\n");
  const auto outcome = commands.compare("old", "junk", "--rounds 2");
  CHECK(outcome.code == 65);
  CHECK(outcome.err.find("what the NEW command wrote is no report: ") != std::string::npos);
  CHECK(commands.run("compare --paired 'sh ./old --until-ci 2%' 'sh ./slow'").code == 2);
}

TEST_CASE("A temporary folder may have any name, but it must be there") {
  const Commands commands;
  std::filesystem::create_directory(commands.path("it's"));
  const auto outcome =
      commands.run("compare --paired 'sh ./old' 'sh ./old' --rounds 1", "TMPDIR=\"$PWD/it's\"");
  CAPTURE(outcome.err);
  CHECK(outcome.code == 3);  // one round decides nothing
  CHECK(commands.run("compare --paired 'sh ./old' 'sh ./old'", "TMPDIR=/no/such").code == 74);
}

TEST_CASE("An interrupted comparison judges the rounds that are complete, and exits with 130") {
  // In the third round it interrupts the program that runs it, and stays until it is stopped too.
  const Commands commands;
  commands.file("tired", script("old", "c1", 100) +
                             "[ $seed -lt 3 ] || { kill -INT $PPID; exec sleep 60; }\n");
  const auto outcome =
      commands.run("compare --paired 'exec sh ./tired' 'sh ./slow' --rounds 10 --format json");
  CAPTURE(outcome.err);
  CHECK(outcome.code == 130);
  CHECK(outcome.out.find("\"base_repeats\": 2,") != std::string::npos);
  CHECK(outcome.out.find("interrupted after 2 of 10 rounds: exit 130") != std::string::npos);
  CHECK(outcome.out.find("\"exit_code\": 130") != std::string::npos);
  CHECK(outcome.err.find(": exit 130, it was interrupted") != std::string::npos);
}
