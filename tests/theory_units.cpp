// The unit of time: what takes four times as long does the same.
#include "tests/theory/outcomes.h"
#include "tests/theory/simulated.h"

using namespace sgdbench;
using namespace sgdbench::theory;

namespace {

struct Distributions {
  const char *once, *slow;  ///< the latter's durations are four times the former's
};
constexpr Distributions kDistributions[] = {{"constant:3ms", "constant:12ms"},
                                            {"uniform:1ms,3ms", "uniform:4ms,12ms"},
                                            {"exp:2ms", "exp:8ms"},
                                            {"shifted-exp:1ms,1ms", "shifted-exp:4ms,4ms"},
                                            {"pareto:1ms,1.5", "pareto:4ms,1.5"},
                                            {"bernoulli:0.5,2ms", "bernoulli:0.5,8ms"}};

RunSpec spec_of(Distribution distribution, Distribution delay, double scale) {
  const auto& problem = *testing::cases()[0].problem;
  RunSpec spec = testing::spec_for(testing::backend("simulator"), problem, 5, 4);
  spec.simulation.compute_time = std::move(distribution);
  spec.simulation.service = Distribution::exponential(0.0001 * scale);
  spec.conditions.compute_delay = std::move(delay);
  spec.conditions.latency = Distribution::exponential(0.0005 * scale);
  spec.conditions.bandwidth = 1e6 / scale;
  spec.conditions.stragglers = parse_stragglers("2:2+random:0.1:3");
  spec.evaluations = 7;
  spec.timeline_slices = 10'000;
  return spec;
}

/// A time is rounded once: 4·½ + ½ of a nanosecond, and these are whole numbers.
bool four_times(Nanoseconds slow, Nanoseconds once) {
  return std::abs(slow - 4 * once) <= 2;
}

/// A boundary that falls on the one before it, rounded, makes no slice: none are compared here.
void check_phases(const RunOutcome& once, const RunOutcome& slow) {
  for (std::size_t w = 0; w < once.workers.size(); ++w)
    for (const auto phase : kAllPhases) {
      // Both ends of each slice are rounded once.
      const auto slices = static_cast<Nanoseconds>(slow.timeline.tracks[w].size());
      CHECK(std::abs(slow.workers[w].time.spent(phase) - 4 * once.workers[w].time.spent(phase)) <=
            5 * slices);
    }
}

void check_four_times(const RunOutcome& once, const RunOutcome& slow) {
  CHECK(four_times(slow.wall, once.wall));
  check_phases(once, slow);
  REQUIRE(once.curve.size() == slow.curve.size());
  for (std::size_t k = 0; k < once.curve.size(); ++k) {
    CHECK(four_times(slow.curve[k].time, once.curve[k].time));
    CHECK(slow.curve[k].updates == once.curve[k].updates);
    CHECK(slow.curve[k].parameters == once.curve[k].parameters);
  }
  const auto updates = once.timeline.tracks.back().slices();
  const auto slower = slow.timeline.tracks.back().slices();
  REQUIRE(updates.size() == slower.size());
  for (std::size_t k = 0; k < updates.size(); ++k) {
    CHECK(four_times(slower[k].begin, updates[k].begin));
    CHECK(four_times(slower[k].end, updates[k].end));
    CHECK(slower[k].staleness == updates[k].staleness);
  }
  for (std::size_t w = 0; w < once.workers.size(); ++w) {
    CHECK(slow.workers[w].applied == once.workers[w].applied);
    CHECK(slow.workers[w].dropped == once.workers[w].dropped);
    CHECK(slow.workers[w].staleness.bins() == once.workers[w].staleness.bins());
  }
}

void check_distribution(const Distribution& once, const Distribution& slow,
                        const Distribution& delay, const Distribution& long_delay) {
  for (const char* protocol : kProtocols) {
    INFO(std::string(protocol) << ", " << once.text());
    auto spec = spec_of(once, delay, 1), slower = spec_of(slow, long_delay, 4);
    spec.protocol = slower.protocol = protocol;
    const auto& simulator = testing::backend("simulator");
    const auto& problem = *testing::cases()[0].problem;
    check_four_times(testing::run(simulator, spec, problem),
                     testing::run(simulator, slower, problem));
  }
}

}  // namespace

TEST_CASE(
    "Four times the times of everything are four times all that is reported, by every "
    "distribution") {
  // Multiplying by a power of two rounds nothing: not one comparison of times turns out otherwise.
  for (const auto& distribution : kDistributions) {
    const auto once = Distribution::parse(distribution.once),
               slow = Distribution::parse(distribution.slow);
    check_distribution(once, slow, Distribution::parse("bernoulli:0.3,1ms"),
                       Distribution::parse("bernoulli:0.3,4ms"));
    check_distribution(Distribution::parse("exp:1ms"), Distribution::parse("exp:4ms"), once, slow);
  }
  const auto trace = Distribution::trace({0.001, 0.0025, 0.00075, 0.004});
  const auto slow = Distribution::trace({0.004, 0.01, 0.003, 0.016});
  check_distribution(trace, slow, Distribution(), Distribution());
}
