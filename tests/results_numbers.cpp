#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <vector>

#include "results/cpu_state.h"
#include "results/environment.h"
#include "results/reports.h"
#include "results/staleness.h"
#include "results/statistics.h"
#include "results/timeline.h"

using namespace sgdbench;
namespace fs = std::filesystem;

TEST_CASE("The bins of a staleness histogram sum to its count, overflow and merges included") {
  StalenessHistogram all, part;
  for (std::uint64_t tau = 0; tau < 3000; tau += 7) all.add(tau);
  for (std::uint64_t tau = 0; tau < 10; ++tau) part.add(tau, 3);
  const auto alone = all.count();
  all.merge(part);
  CHECK(all.count() == alone + part.count());
  CHECK(std::accumulate(all.bins().begin(), all.bins().end(), std::uint64_t{0}) == all.count());
  CHECK(all.max() == 2996);
}

TEST_CASE("The mean staleness is exact, whatever the bins hold") {
  StalenessHistogram histogram;
  histogram.add(1);
  histogram.add(1'000'000);
  CHECK(histogram.sum() == 1'000'001);
  CHECK(histogram.mean() == 500'000.5);
  CHECK(StalenessHistogram().mean() == 0);
}

TEST_CASE("A quantile is the smallest staleness with that share of the updates at or below it") {
  StalenessHistogram histogram;
  for (std::uint64_t tau = 1; tau <= 100; ++tau) histogram.add(tau);
  CHECK(histogram.quantile(0.5) == 50);
  CHECK(histogram.quantile(0.95) == 95);
  CHECK(histogram.quantile(1) == 100);
  CHECK(histogram.quantile(0.001) == 1);
}

TEST_CASE("Bins are one staleness wide below 1024 and at most 1/64 of it from there") {
  StalenessHistogram empty;
  empty.reserve();
  const std::size_t bins = empty.bins().size();
  for (std::size_t bin = 0; bin + 1 < bins; ++bin) {
    const auto least = StalenessHistogram::least_of(bin);
    const auto next = StalenessHistogram::least_of(bin + 1);
    REQUIRE(next > least);
    REQUIRE((least < 1024 ? next == least + 1 : (next - least) * 64 <= least));
    StalenessHistogram histogram;
    histogram.add(least);
    histogram.add(next - 1);
    REQUIRE(histogram.bins()[bin] == 2);
    REQUIRE(histogram.quantile(0.5) == least);
  }
  StalenessHistogram histogram;
  histogram.add(std::uint64_t{1} << 40);
  CHECK(histogram.bins().back() == 1);
  CHECK(histogram.quantile(0.5) == std::uint64_t{1} << 40);
}

TEST_CASE("The phases of a stopwatch sum to the elapsed time, to the nanosecond") {
  Stopwatch watch;
  Nanoseconds now = 1'000'000'007;
  watch.start(now);
  for (int i = 1; i <= 100; ++i) {
    now += i * i;
    watch.enter(static_cast<Phase>(i % 5), now);
  }
  watch.stop(now += 5);
  CHECK(watch.elapsed() == now - 1'000'000'007);
  Nanoseconds sum = 0;
  for (const auto phase : kAllPhases) sum += watch.spent(phase);
  CHECK(sum == watch.elapsed());
}

TEST_CASE("A stopwatch gives each phase the time between its start and the next") {
  Stopwatch watch;
  watch.start(10);
  watch.enter(Phase::wait, 13);
  watch.enter(Phase::compute, 20);
  watch.stop(21);
  CHECK(watch.spent(Phase::compute) == 4);
  CHECK(watch.spent(Phase::wait) == 7);
  watch.move(Phase::compute, Phase::communicate, 3);
  CHECK(watch.spent(Phase::compute) == 1);
  watch.move(Phase::compute, Phase::communicate, 3);  // no more than there is
  CHECK(watch.spent(Phase::compute) == 0);
  CHECK(watch.spent(Phase::communicate) == 4);
  CHECK(watch.elapsed() == 11);
  watch.start(100);
  CHECK(watch.elapsed() == 0);
}

TEST_CASE("The median of an even count is the mean of the middle two") {
  const double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2}, one[] = {7};
  constexpr double kMax = std::numeric_limits<double>::max();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double large[] = {kMax, kMax}, missed[] = {kInfinity, 1, kInfinity, kInfinity};
  CHECK(median(odd) == 2);
  CHECK(median(even) == 2.5);
  CHECK(median(one) == 7);
  CHECK(median(large) == kMax);
  CHECK(median(missed) == kInfinity);
}

TEST_CASE("The smallest quota of a control group and those above it counts") {
  const fs::path root =
      fs::temp_directory_path() / ("sgdbench-cgroup-" + std::to_string(::getpid()));
  const auto write = [&](const fs::path& file, const char* text) {
    fs::create_directories((root / file).parent_path());
    std::ofstream(root / file) << text;
  };
  const auto quota = [&] { return cgroup_quota(root / "membership", root); };
  CHECK_FALSE(quota());

  write("membership", "4:cpuset:/\n3:cpu,cpuacct:/docker/x\n0::/a/b\n");
  CHECK_FALSE(quota());
  write("a/b/cpu.max", "max 100000\n");
  write("cpu/cpu.cfs_quota_us", "-1\n");
  write("cpu/cpu.cfs_period_us", "100000\n");
  CHECK_FALSE(quota());
  write("a/cpu.max", "350000 100000\n");
  CHECK(quota() == 3.5);
  write("cpu/cpu.cfs_quota_us", "150000\n");  // a container sees its own group at the mount
  CHECK(quota() == 1.5);
  write("a/b/cpu.max", "50000 100000\n");
  CHECK(quota() == 0.5);
  fs::remove_all(root);
}

TEST_CASE("The environment says at least what every machine and build has") {
  const Environment environment = read_environment();
  CHECK(environment.cores_available >= 1);
  CHECK(environment.cores_available <= environment.cores_online);
  CHECK(environment.compiler.find(' ') != std::string::npos);
  CHECK_FALSE(environment.version.empty());
  CHECK_FALSE(environment.git_revision.empty());
  CHECK(environment.flags.find("-Wall") != std::string::npos);
  CHECK(environment.started_at.size() == 20);
  CHECK(environment.started_at.back() == 'Z');
  CHECK(peak_rss_bytes() > 0);
}

TEST_CASE("The peak of memory is that since it was reset") {
  constexpr std::size_t kBytes = 64 << 20;
  {  // by hand: what is freed, an allocator may keep
    void* const pages =
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(pages != MAP_FAILED);
    std::fill_n(static_cast<volatile char*>(pages), kBytes, 'x');
    munmap(pages, kBytes);
  }
  const auto before = peak_rss_bytes();
  CHECK(before >= kBytes);
  if (!reset_peak_rss()) return;  // an old kernel
  CHECK(peak_rss_bytes() < before - kBytes / 2);
}
