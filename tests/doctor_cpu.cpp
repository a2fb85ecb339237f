// What is read from the kernel's files, and what is made of it.
#include <doctest/doctest.h>

#include <filesystem>

#include "results/cpu_state.h"
#include "tests/cli_process.h"

using namespace sgdbench;
namespace fs = std::filesystem;

namespace {

void write(const Scratch& scratch, const std::string& name, const std::string& text) {
  fs::create_directories(fs::path(scratch.path(name)).parent_path());
  scratch.file(name, text + '\n');
}

}  // namespace

TEST_CASE("Turbo is on, off or unknown, as the kernel says") {
  const Scratch scratch;
  const fs::path root = scratch.path("");
  CHECK_FALSE(boost_enabled(root));
  write(scratch, "cpufreq/boost", "1");
  CHECK(boost_enabled(root) == true);
  write(scratch, "cpufreq/boost", "0");
  CHECK(boost_enabled(root) == false);
  write(scratch, "intel_pstate/no_turbo", "0");
  CHECK(boost_enabled(root) == true);
  write(scratch, "intel_pstate/no_turbo", "1");
  CHECK(boost_enabled(root) == false);
}

TEST_CASE("There are no more physical cores than processors, and a larger cache is further away") {
  const Processors& found = processors();
  CHECK_FALSE(found.usable.empty());
  if (found.physical_cores) {
    CHECK(*found.physical_cores >= 1);
    CHECK(*found.physical_cores <= found.usable.size());
  }
  std::uint64_t level = 1;
  for (const Cache& cache : found.caches) {
    CHECK(cache.level >= level);
    CHECK(cache.bytes > 0);
    CHECK(cache.sharing >= 1);
    level = cache.level;
  }
}

TEST_CASE("Processor times are read from the line of all processors, of any kernel") {
  const auto times = parse_cpu_times("cpu  100 20 30 400 50 6 7 8 90 90\ncpu0 1 1 1 1 1 1 1 1\n");
  REQUIRE(times);
  CHECK(times->busy == 100 + 20 + 30 + 6 + 7);  // a guest's time is in the user's already
  CHECK(times->idle == 400 + 50);
  CHECK(times->steal == 8);
  CHECK(parse_cpu_times("cpu 1 2 3 4")->steal == 0);
  for (const auto* text : {"", "cpu0 1 2 3 4", "cpu 1 2 3", "cpu a b c d"})
    CHECK_FALSE(parse_cpu_times(text));
}

TEST_CASE("Steal is a share of the time that was asked for, and idle time is not in it") {
  const CpuTimes before{.busy = 1000, .idle = 5000, .steal = 10};
  const CpuTimes after{.busy = 1300, .idle = 5600, .steal = 110};
  const auto shares = shares_between(before, after, 200, 4);
  REQUIRE(shares);
  CHECK(shares->steal == doctest::Approx(100.0 / 400));
  CHECK(shares->others == doctest::Approx(100.0 / 1000 * 4));
}

TEST_CASE("Shares are never negative, and there are none where no time passed") {
  const CpuTimes before{.busy = 1000, .idle = 5000, .steal = 10};
  CHECK_FALSE(shares_between(before, before, 0, 2));
  const auto shares = shares_between(before, {.busy = 1010, .idle = 4999, .steal = 10}, 20, 2);
  REQUIRE(shares);
  CHECK(shares->steal == 0);
  CHECK(shares->others == 0);
}
