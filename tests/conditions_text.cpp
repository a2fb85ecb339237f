// Durations, bandwidths, distributions, traces and stragglers as they are written, and as they
// can't be.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <numeric>

#include "backends/conditions/conditions.h"
#include "backends/conditions/distribution.h"
#include "workloads/names.h"

using namespace sgdbench;

namespace {

/// A file that is gone afterwards.
struct TraceFile {
  explicit TraceFile(const std::string& text)
      : path((std::filesystem::temp_directory_path() /
              ("sgdbench-trace-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))))
                 .string()) {
    std::ofstream(path) << text;
  }
  ~TraceFile() { std::filesystem::remove(path); }
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;
  Distribution distribution() const { return Distribution::parse("trace:" + path); }
  const std::string path;
};

void refuses(std::string_view text, const char* why) {
  CAPTURE(text);
  CHECK_THROWS_WITH_AS(Distribution::parse(text), doctest::Contains(why), UsageError);
}

}  // namespace

TEST_CASE("A duration is a number and its unit, rounded once") {
  CHECK(parse_duration("250us") == 250e-6);
  CHECK(parse_duration("1.5ms") == 0.0015);
  CHECK(parse_duration("2s") == 2);
  CHECK(parse_duration("3ns") == 3e-9);
  CHECK(parse_duration("0") == 0);
  for (const auto* text : {"", "s", "5", "5m", "-1ms", "nan", "infs", "1e400s", "1ms ", "1 ms"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_duration(text), UsageError);
  }
  for (const double d : {0.1, 1e-9, 3.3e-5, 12345.678, 0x1.fffffffffffffp-3})
    CHECK(parse_duration(duration_text(d)) == d);
}

TEST_CASE("A bandwidth is in bytes or bits per second, and comes back from its text") {
  CHECK(parse_bandwidth("1.25GB") == 1.25e9);
  CHECK(parse_bandwidth("10Gbit") == 1.25e9);
  CHECK(parse_bandwidth("100MB/s") == 1e8);
  CHECK(parse_bandwidth("64KiB") == 65536);
  CHECK(parse_bandwidth("unlimited") == 0);
  CHECK(bandwidth_text(1.25e9) == "1.25GB");
  for (const double rate : {0.0, 1.0, 0.1, 1e8, 123456789.0, 1e9 / 3, 65536.0, 3e13})
    CHECK(parse_bandwidth(bandwidth_text(rate)) == rate);
  for (const auto* text : {"", "0MB", "-1GB", "10", "10Gb", "fast", "infGB", "nanB"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_bandwidth(text), UsageError);
  }
}

TEST_CASE("What is no distribution is refused with what would be right") {
  refuses("gamma:1ms", "valid: constant, uniform, exp, shifted-exp, pareto, bernoulli, trace");
  refuses("unifrom:1ms,2ms", "did you mean 'uniform'");
  refuses("exp", "exp:MEAN");
  refuses("exp:-1ms", "negative");
  refuses("exp:inf", "finite");
  refuses("exp:1", "unit");
  refuses("exp:1ms,2ms", "one value and has 2");
  refuses("uniform:1ms", "two values and has 1");
  refuses("uniform:3ms,2ms", "2ms is less than 3ms");
  refuses("pareto:1ms,1", "mean is infinite");
  refuses("pareto:1ms,1", "above 1");
  refuses("pareto:1ms,2ms", "shape");
  refuses("bernoulli:1.5,1ms", "from 0 to 1");
  refuses("bernoulli:nan,1ms", "probability");
  refuses("", "unknown distribution");
  refuses("1ms", "write constant:1ms");
  refuses("trace:", "write trace:FILE");
  refuses("exp:1e300s", "at most 1e8s");
  CHECK_THROWS_WITH_AS(parse_bandwidth("0"), doctest::Contains("write unlimited"), UsageError);
}

TEST_CASE(
    "A distribution keeps the text that it was written as, and the catalogue has a row for each") {
  CHECK(Distribution().text() == "constant:0");
  CHECK(Distribution().is_zero());
  CHECK(Distribution::parse("uniform:1ms,2ms").text() == "uniform:1ms,2ms");
  CHECK_FALSE(Distribution::parse("uniform:0,2ms").is_zero());
  CHECK(Distribution::parse("exp:0").is_zero());
  for (const auto& row : distribution_catalog()) {
    CHECK(row.form.starts_with(std::string(row.name) + ":"));
    CHECK_FALSE(row.summary.empty());
    refuses(row.name, std::string(row.form).c_str());  // it is known, and lacks its values
  }
  CHECK(Distribution::parse(Distribution::exponential(0.25).text()).mean() == 0.25);
  CHECK(Distribution::parse(Distribution::constant(1e-9).text()).draw(0, 0) == 1e-9);
}

TEST_CASE("A trace is replayed in its order, again and again, from a place of each stream's own") {
  const TraceFile file("# measured\n1ms\n\n 2ms # the second\n3e-3\r\n0\n5us\n");
  const Distribution distribution = file.distribution();
  const std::vector<double> wanted{1e-3, 2e-3, 3e-3, 0, 5e-6};
  CHECK(distribution.mean() == std::accumulate(wanted.begin(), wanted.end(), 0.0) / 5);
  std::vector<bool> begun(5);
  for (std::uint64_t stream = 0; stream < 200; ++stream) {
    std::size_t start = 0;
    while (wanted[start] != distribution.draw(stream, 0)) ++start;
    begun[start] = true;
    for (std::uint64_t i = 0; i < 12; ++i)
      CHECK(distribution.draw(stream, i) == wanted[(start + i) % 5]);
  }
  // One of five places is missed by 200 streams with probability 5·0.8²⁰⁰ < 1e-18.
  for (const bool place : begun) CHECK(place);
  CHECK(TraceFile("0\n0\n").distribution().is_zero());
}

TEST_CASE("A trace that is missing, empty or has text in it is refused with its place") {
  CHECK_THROWS_WITH_AS(Distribution::parse("trace:no/such.txt"), doctest::Contains("no/such.txt"),
                       MissingData);
  CHECK_THROWS_AS(Distribution::parse("trace:/"), MissingData);
  const TraceFile empty("# nothing\n\n"), words("1ms\n\nslow\n"), negative("-1ms\n");
  CHECK_THROWS_WITH_AS(empty.distribution(), doctest::Contains("empty"), BadData);
  CHECK_THROWS_WITH_AS(words.distribution(), doctest::Contains((words.path + ":3: ").c_str()),
                       BadData);
  CHECK_THROWS_WITH_AS(words.distribution(), doctest::Contains("slow"), BadData);
  CHECK_THROWS_WITH_AS(negative.distribution(), doctest::Contains("negative"), BadData);
}

TEST_CASE("Stragglers multiply each other, and each says whose gradients are slow") {
  const auto both = parse_stragglers("0:4+periodic:3:2");
  for (std::uint64_t worker = 0; worker < 5; ++worker)
    for (std::uint64_t gradient = 0; gradient < 9; ++gradient)
      CHECK(slowdown(both, 1, worker, gradient) ==
            (worker == 0 ? 4 : 1) * (gradient % 3 == worker % 3 ? 2 : 1));
  CHECK(slowdown({}, 1, 0, 0) == 1);
  const auto random = parse_stragglers("random:0.1:8");
  int slow = 0;
  for (std::uint64_t gradient = 0; gradient < 100'000; ++gradient)
    slow += slowdown(random, 1, 2, gradient) == 8;
  // Hoeffding: beyond 1000 of 100,000 with probability 2·exp(−20) = 4e-9.
  CHECK(std::abs(slow - 10'000) < 1000);
  CHECK(slowdown(parse_stragglers("random:1:8"), 1, 0, 0) == 8);
  CHECK(slowdown(parse_stragglers("random:0:8"), 1, 0, 0) == 1);
}

TEST_CASE("What is no straggler is refused with the forms that there are") {
  for (const auto* text : {"", "0", "0:", "0:0", "0:-2", "0:inf", "0:nan", "x:2", "-1:2", "1.5:2",
                           "random:2:2", "random:nan:2", "random:0.1", "periodic:0:2",
                           "periodic:x:2", "0:2+", "+0:2", "0:2:3", "0:4x"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(parse_stragglers(text), doctest::Contains("straggler"), UsageError);
  }
  Conditions conditions;
  conditions.stragglers = parse_stragglers("random:1:2+3:4");
  CHECK(why_not_stragglers(conditions, 4).empty());
  CHECK(why_not_stragglers(conditions, 3).find("0 to 2") != std::string::npos);
}
