// From the timeline of one worker to durations, and from durations to a prediction.

#include <doctest/doctest.h>

#include <algorithm>

#include "backends/conditions/conditions.h"
#include "cli/calibrate/calibrate.h"
#include "tests/cli_process.h"

namespace sgdbench {
namespace {

/// One worker: every gradient takes `compute`, every contact a push and a pull of 2 ms together.
Timeline even_timeline(std::uint64_t gradients, Nanoseconds compute) {
  Timeline timeline;
  Track track(gradients * 4);
  Nanoseconds now = 0;
  const auto add = [&](Activity activity, Nanoseconds length, std::uint64_t gradient) {
    track.add({now, now + length, activity, gradient, 0, 0});
    now += length;
  };
  for (std::uint64_t g = 1; g <= gradients; ++g) {
    add(Activity::pull, 500'000, g);
    add(Activity::compute, compute, g);
    add(Activity::wait, 7'000'000, g);
    add(Activity::push, 1'500'000, g);
  }
  timeline.tracks.push_back(std::move(track));
  return timeline;
}

}  // namespace

TEST_CASE("Distributions are what each gradient and each contact took; waiting is in neither") {
  const auto durations = measured_durations(even_timeline(30, 4'000'000), RunSpec{});
  REQUIRE(durations.compute.size() == 20);  // the first ten are left out
  for (const auto t : durations.compute) CHECK(t == doctest::Approx(0.004).epsilon(1e-12));
  REQUIRE(durations.service.size() >= 19);
  for (std::size_t i = 1; i < durations.service.size(); ++i)
    CHECK(durations.service[i] == doctest::Approx(0.002).epsilon(1e-12));
}

TEST_CASE("What was injected is no part of a gradient's own time") {
  RunSpec spec;
  spec.conditions.compute_delay = Distribution::constant(0.001);
  spec.conditions.stragglers = parse_stragglers("periodic:1:2");
  // 2 · (own + 1 ms) = 12 ms
  for (const auto t : measured_durations(even_timeline(20, 12'000'000), spec).compute)
    CHECK(t == doctest::Approx(0.005).epsilon(1e-9));
}

TEST_CASE("A trace file keeps the last durations, and is a distribution again") {
  std::vector<Seconds> durations(kMostLines + 5, 0.25);
  durations.back() = 1e-6;
  const auto text = trace_text(durations, "made by a test");
  CHECK(text.starts_with("# made by a test\n250000000ns\n"));
  CHECK(text.ends_with("\n1000ns\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == kMostLines + 1);
}

TEST_CASE(
    "calibrate writes distributions that the simulator takes, and predicts the staleness of "
    "threads") {
  const Scratch scratch;
  const std::string problem = " --workload logreg --data rcv1-like:rows=600 --batch 4 --quiet ";
  const auto made = scratch.run("calibrate" + problem +
                                "--epochs 2 --repeats 1 --workers 1,2 --protocol async,bsp "
                                "--format csv --output distributions");
  REQUIRE(made.code == 0);
  CHECK(std::count(made.out.begin(), made.out.end(), '\n') == 5);
  CHECK(made.out.find("\"async\",1,") != std::string::npos);
  CHECK(Distribution::parse("trace:" + scratch.path("distributions/compute.trace")).mean() > 0);
  const auto run = scratch.run("run" + problem +
                               "--epochs 1 --repeats 1 --backend simulator --workers 64 "
                               "--compute-time trace:distributions/compute.trace "
                               "--service trace:distributions/service.trace --csv -");
  CHECK(run.code == 0);
  CHECK(run.out.find(",virtual,") != std::string::npos);
}

TEST_CASE("calibrate refuses what it can't measure") {
  const Scratch scratch;
  const auto refused = [&](const std::string& options, const std::string& why) {
    const auto done = scratch.run("calibrate -q --data quadratic:rows=200,features=5 " + options);
    CAPTURE(done.err);
    CHECK(done.code == 2);
    CHECK(done.err.find(why) != std::string::npos);
  };
  refused("--workload none --updates 20", "the workload none has none");
  refused("--workload least-squares --backend sequential", "leave --backend sequential out");
}

TEST_CASE("calibrate measures one problem and says so") {
  const Scratch scratch;
  const auto code = [&](const std::string& arguments) {
    return scratch.run("calibrate --quiet " + arguments).code;
  };
  CHECK(code("--workload logreg") == 2);
  CHECK(code("--workload logreg,svm --data rcv1-like:rows=100") == 2);
  CHECK(code("--workload logreg --data rcv1-like:rows=100 --format xml") == 2);
  CHECK(code("--workload logreg --data rcv1-like:rows=100 --batch 100 --epochs 1") == 2);
}

}  // namespace sgdbench
