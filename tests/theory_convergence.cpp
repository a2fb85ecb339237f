// What staleness does to descent, on f = a·x²/2: least squares with one feature and full batches.
#include "tests/theory/simulated.h"

using namespace sgdbench;
using namespace sgdbench::theory;
using doctest::Approx;

namespace {

/// f and what it is: f'(w) = curvature·(w − optimum).
struct Parabola {
  testing::Case c = testing::make_case("least-squares", "quadratic:rows=16,features=1,noise=0", 0);
  double curvature = slope(1) - slope(0);
  double optimum = -slope(0) / curvature;

  double slope(double w) const {
    std::vector<std::uint32_t> rows(c.problem->examples());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::uint32_t>(i);
    double gradient = 0;
    c.problem->reference_gradient({&w, 1}, rows, {&gradient, 1});
    return gradient;
  }

  /// `updates` of full gradients with step·curvature = a.
  RunSpec spec(double a, std::uint64_t updates, std::size_t workers,
               std::string_view distribution) const {
    RunSpec s = timing("async", distribution, updates, workers);
    s.batch = c.problem->examples();
    s.epochs = updates;
    s.shuffle.kind = Shuffle::Kind::none;
    s.step.initial = a / curvature;
    return s;
  }
  /// (w − w*)/(w₀ − w*), after a start from w₀ = 0.
  double left_over(const Snapshot& point) const {
    return (double{point.parameters[0]} - optimum) / (0 - optimum);
  }
  double left_over(const RunSpec& s) const {
    return left_over(testing::run(testing::backend("simulator"), s, *c.problem).curve.back());
  }
};

}  // namespace

TEST_CASE("Identical workers descend as delayed gradient descent with τ = P − 1 does") {
  const Parabola f;
  for (const std::size_t workers : {1, 2, 3, 4, 6, 9})
    for (const std::uint64_t updates : {1, 2, 10, 41})
      CHECK(f.left_over(f.spec(0.1, updates, workers, "constant:1s")) ==
            Approx(delayed_descent(workers - 1, 0.1, updates)).epsilon(1e-5));
}

TEST_CASE("Delayed descent is stable just below the bound and unstable just above it") {
  const Parabola f;
  for (const std::size_t delay : {0, 1, 2, 3, 5, 8, 16}) {
    CAPTURE(delay);
    const double bound = delayed_descent_bound(delay);
    const auto largest = [&](double share) {  // over more than a period of the oscillation
      double most = 0;
      for (std::size_t t = 0; t <= 4 * delay + 2; t += 1 + delay / 4)
        most = std::max(most, std::abs(f.left_over(f.spec(share * bound, 400 * (delay + 1) + t,
                                                          delay + 1, "constant:1s"))));
      return most;
    };
    CHECK(largest(0.98) < 0.1);
    CHECK(largest(1.02) > 10);
  }
}

TEST_CASE("Asynchrony is momentum, in expectation") {
  // The mean over 4,000 seeds, within 5.1 of its own standard errors: 3.4e-7 for each check. The
  // run goes on behind the last one: near its end fewer gradients than workers are in flight.
  const Parabola f;
  constexpr int kSeeds = 4000;
  constexpr std::size_t kUpdates = 40, kChecked = 30;
  auto spec = f.spec(0.3, kUpdates, 4, "exp:1s");
  spec.evaluations = kUpdates;
  const auto simulator = testing::backend("simulator").make(spec, *f.c.problem);
  std::vector<double> sums(kChecked + 1), squares(kChecked + 1);
  for (int seed = 1; seed <= kSeeds; ++seed) {
    spec.seed = static_cast<std::uint64_t>(seed);
    const auto outcome = simulator->run(spec, testing::never());
    for (std::size_t t = 0; t <= kChecked; ++t) {
      if (outcome.curve[t].updates != t) FAIL("a point is missing");
      const double left = f.left_over(outcome.curve[t]);
      sums[t] += left;
      squares[t] += left * left;
    }
  }
  for (const std::size_t t : {1, 2, 3, 5, 8, 12, 20, 30}) {
    const double mean = sums[t] / kSeeds;
    const double error = std::sqrt(std::max(0.0, squares[t] / kSeeds - mean * mean) / kSeeds);
    CAPTURE(t);
    CAPTURE(mean);
    CHECK(std::abs(mean - expected_asynchronous_descent(4, 0.3, t)) < 5.1 * error + 1e-6);
  }
}

TEST_CASE("One worker descends as the sequential backend does, whatever the protocol") {
  const auto c = testing::make_case("logreg", "rcv1-like:rows=203,features=400");
  auto spec = testing::spec_for(testing::backend("simulator"), *c.problem, 1, 4);
  spec.simulation.compute_time = Distribution::parse("exp:1s");
  auto reference = spec;
  reference.backend = "sequential";
  const auto expected = testing::run(testing::backend("sequential"), reference, *c.problem);
  for (const char* protocol : {"async", "bsp", "ssp:2", "k-sync:1", "k-async:1", "ringmaster:1"}) {
    CAPTURE(protocol);
    spec.protocol = protocol;
    const auto outcome = testing::run(testing::backend("simulator"), spec, *c.problem);
    // Two loops, in which compilers may leave out different roundings.
    CHECK(testing::relative_difference(testing::final_parameters(outcome),
                                       testing::final_parameters(expected)) < 1e-5);
    CHECK(outcome.workers[0].staleness.max() == 0);
  }
}

TEST_CASE("The unit of time changes no trajectory") {
  const auto c = testing::make_case("logreg", "rcv1-like:rows=203,features=400");
  auto spec = testing::spec_for(testing::backend("simulator"), *c.problem, 5, 4);
  for (const char* protocol : {"async", "k-sync:3", "ssp:1", "k-batch-async:2"}) {
    spec.protocol = protocol;
    spec.simulation.compute_time = Distribution::parse("exp:1s");
    const auto once = testing::run(testing::backend("simulator"), spec, *c.problem);
    spec.simulation.compute_time = Distribution::parse("exp:4s");
    const auto four = testing::run(testing::backend("simulator"), spec, *c.problem);
    CHECK(testing::final_parameters(once) == testing::final_parameters(four));
    CHECK(std::abs(four.wall - 4 * once.wall) <= 4);
  }
}
