// What is asked about data before anything runs, and how loading ends early.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "cli/files.h"
#include "cli/values.h"
#include "tests/cli_process.h"
#include "workloads/names.h"

using namespace sgdbench;

namespace {

Configuration cell_on(const std::string& data, const std::string& test = "",
                      std::uint64_t seed = 1) {
  Configuration configuration;
  configuration.data.source = data;
  configuration.data.test_source = test;
  configuration.data.seed = seed;
  return configuration;
}

}  // namespace

TEST_CASE("A pipe that would be loaded twice is refused, under whatever names") {
  const Scratch scratch;
  const auto fifo = scratch.path("fifo");
  const auto link = scratch.path("link");
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  std::filesystem::create_symlink(fifo, link);
  check_sources({cell_on(fifo), cell_on(fifo)});
  const auto file = scratch.file("a.svm", "1 1:1\n");
  check_sources({cell_on(file, file), cell_on(file, "", 2)});
  for (const auto& configurations : {std::vector{cell_on(fifo, fifo)},
                                     {cell_on(fifo, link)},
                                     {cell_on(fifo), cell_on(fifo, "", 2)}})
    CHECK_THROWS_WITH_AS(check_sources(configurations), doctest::Contains("gives its content once"),
                         UsageError);
}

TEST_CASE("A folder as data is called a folder") {
  const Scratch scratch;
  CHECK_THROWS_WITH_AS(check_sources({cell_on(scratch.path("."))}),
                       doctest::Contains("is a folder; name a file in it"), MissingData);
}

TEST_CASE("Numbers of bytes are read with and without units, and come back as they were") {
  CHECK(parse_bytes("4GB") == 4'000'000'000);
  CHECK(parse_bytes("1.5MB") == 1'500'000);
  CHECK(parse_bytes("2GiB") == std::uint64_t{2} << 30);
  CHECK(parse_bytes("17") == 17);
  for (const std::uint64_t bytes : {1ull, 999ull, 1000ull, 4096ull, 1ull << 31, 3'000'000'000ull})
    CHECK(parse_bytes(bytes_option_text(bytes)) == bytes);
  CHECK(bytes_option_text(4'000'000'000) == "4GB");
  for (const char* text : {"", "0", "GB", "-1", "1 GB", "4gb", "1e9", "1TBB", "9999999TB"})
    CHECK_THROWS_AS(parse_bytes(text), UsageError);
}

TEST_CASE("An interrupt ends a program that waits for a pipe, with 130 and a row that says so") {
  const Scratch scratch;
  // The shell's own end of the pipe opens when the program has opened the other.
  const std::string interrupted = ">out & p=$!; exec 3>fifo; kill -TERM $p; wait $p; echo $? >code";
  for (const std::string verb : {"run --workload logreg --backend sequential -q --csv - --data",
                                 "optimum --workload logreg -q --data", "data info"}) {
    scratch.run(verb + " fifo", "mkfifo fifo;", interrupted + "; rm fifo");
    CHECK(content(scratch.path("code")) == "130\n");
    const auto rows = csv_rows(content(scratch.path("out")));
    if (verb.starts_with("run")) CHECK(cell(rows, 1, "status") == "interrupted");
  }
}
