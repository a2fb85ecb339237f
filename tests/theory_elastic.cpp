// Elastic averaging: against its linear recursion on f = η·x²/2, and replicas left to themselves.
//
// A worker that makes one step and then meets the centre (alpha A, x̃ the centre, both less the
// optimum) maps the pair
//
//   r = (1 − η)·x,   x ← (1 − A)·r + A·x̃,   x̃ ← A·r + (1 − A)·x̃
//
// which is a symmetric matrix of eigenvalues 1 and 1 − 2A behind diag(1 − η, 1): neither is longer
// than 1 for η ≤ 2, so that no A makes a worker unstable where a step of its own is stable. The
// bound of Zhang et al. 2015 is for elastic forces at the point of the gradient; it suffices here.
#include "tests/theory/simulated.h"

using namespace sgdbench;
using namespace sgdbench::theory;

namespace {

/// f = (x − 1)²/2, a mini-batch being the whole of it; an epoch has `steps` of them.
testing::Case parabola(std::size_t steps) {
  testing::Case c;
  c.data = std::make_unique<TrainTest>();
  DenseMatrix one(steps, 1);
  for (std::size_t i = 0; i < steps; ++i) one.row(i)[0] = 1;
  c.data->train.features = std::move(one);
  c.data->train.targets.assign(steps, 1);
  WorkloadOptions options;
  options.workload = "least-squares";
  options.l2 = 0;
  c.problem = make_problem(options, *c.data);
  return c;
}

struct Elastic {
  std::size_t workers, steps;
  double alpha, step;

  std::string protocol() const {
    return "elastic:" + std::to_string(alpha) + "," + std::to_string(steps);
  }
  /// One turn of `worker` on [x₁ … x_P, x̃].
  void turn(std::vector<double>& x, std::size_t worker) const {
    const double r = std::pow(1 - step, static_cast<double>(steps)) * x[worker];
    const double d = alpha * (r - x[workers]);
    x[worker] = r - d;
    x[workers] += d;
  }
  /// Growth a round of P turns, by the power method: 400 rounds after 100.
  double spectral_radius() const {
    std::vector<double> x(workers + 1);
    for (std::size_t i = 0; i <= workers; ++i) x[i] = 1 + 0.3 * static_cast<double>(i * i);
    double growth = 0;
    for (int round = 0; round < 500; ++round) {
      for (std::size_t w = 0; w < workers; ++w) turn(x, w);
      double size = 0;
      for (const double each : x) size = std::max(size, std::abs(each));
      for (double& each : x) each /= size;
      if (round >= 100) growth += std::log(size) / 400;
    }
    return std::exp(growth);
  }
  RunSpec spec(std::uint64_t turns) const {
    RunSpec s = timing(protocol(), "constant:1s", turns, workers);
    s.epochs = turns;
    s.evaluations = turns;
    s.step.initial = step;
    s.shuffle.kind = Shuffle::Kind::none;
    return s;
  }
};

/// The largest deviation of the last three rounds of `rounds`, after a check of all against the
/// recursion: what rounds differently is 2^-24 of the largest number so far, a few times a turn.
double last_deviation(const Elastic& e, std::size_t rounds) {
  const auto c = parabola(e.steps);
  const auto spec = e.spec(rounds * e.workers);
  const auto outcome = testing::run(testing::backend("simulator"), spec, *c.problem);
  REQUIRE(outcome.curve.size() == spec.updates + 1);
  std::vector<double> x(e.workers + 1, -1);
  double largest = 1, last = 0;
  for (std::size_t t = 0; t < spec.updates; ++t) {
    e.turn(x, t % e.workers);
    largest = std::max({largest, std::abs(x[e.workers]), std::abs(x[t % e.workers])});
    const double centre = double{outcome.curve[t + 1].parameters[0]} - 1;
    REQUIRE(std::abs(centre - x[e.workers]) < 1e-4 * largest);
    if (t + 3 * e.workers >= spec.updates) last = std::max(last, std::abs(centre));
  }
  return last;
}

}  // namespace

TEST_CASE("Elastic averaging in round robin follows its recursion, stable within its bound") {
  for (const double step : {0.1, 0.5, 1.0, 1.5})
    for (const std::size_t workers : {1, 2, 5})
      for (const std::size_t steps : {1, 4}) {
        const Elastic e{workers, steps, 0.98 * elastic_bound(step), step};
        CAPTURE(e.protocol());
        CAPTURE(step);
        CHECK(e.spectral_radius() < 0.99);
        CHECK(last_deviation(e, 500) < 0.01);
      }
}

TEST_CASE("Elastic averaging diverges where its recursion does, and nowhere else") {
  // Steps beyond 2, which the centre can hold or not.
  std::size_t stable = 0, unstable = 0;
  for (const double step : {2.05, 2.2, 2.4, 2.8})
    for (const double alpha : {0.01, 0.2, 0.4, 0.7, 0.95})
      for (const std::size_t workers : {1, 3}) {
        const Elastic e{workers, 1, alpha, step};
        const double radius = e.spectral_radius();
        CAPTURE(e.protocol());
        CAPTURE(step);
        CAPTURE(radius);
        if (radius < 0.97) {
          ++stable;
          CHECK(last_deviation(e, 300) < 0.01);
        } else if (radius > 1.03) {
          ++unstable;
          CHECK(last_deviation(e, static_cast<std::size_t>(12 / std::log(radius))) > 100);
        }
      }
  CHECK(stable >= 5);
  CHECK(unstable >= 5);
}

TEST_CASE("Replicas that the centre does not move are runs of their own, bit for bit") {
  // elastic:0 shows nothing of its replicas: its centre stays. A = 2^-40 is too little to change
  // them (single precision has 24 bits), and the centre is a record of them: it starts at 0 and
  // gains A·(x − x̃) at every turn, in products with a power of two, which are exact. Every block
  // is one epoch of two mini-batches, so that it is the same work, whoever's turn it is.
  const double seconds_each[] = {1, 1.75, 3.125};
  for (const auto& c : {testing::make_case("least-squares", "quadratic:rows=64,features=10"),
                        testing::make_case("softmax", "mnist-like:rows=64")}) {
    INFO(c.name);
    auto spec = timing_of("elastic:9.094947017729282e-13,2",
                          "a:1@constant:1s b:1@constant:1.75s "
                          "c:1@constant:3.125s",
                          13);
    spec.batch = 32;
    spec.epochs = spec.evaluations = spec.updates;
    spec.shuffle.kind = Shuffle::Kind::none;
    spec.step.initial = 0.3 * c.problem->suggested_step(32);
    spec.step.l2 = c.problem->l2();
    spec.rule = parse_rule("momentum", 0.5);
    const auto outcome = testing::run(testing::backend("simulator"), spec, *c.problem);
    auto alone = spec;
    alone.workers = 1;
    alone.updates = 0;
    const auto run = testing::run(testing::backend("sequential"), alone, *c.problem);

    auto centre = outcome.curve[0].parameters;
    std::uint64_t turns[3] = {};
    for (std::size_t t = 1; t <= spec.updates; ++t) {
      std::size_t next = 0;
      for (std::size_t w = 1; w < 3; ++w)
        if (static_cast<double>(turns[w] + 1) * seconds_each[w] <
            static_cast<double>(turns[next] + 1) * seconds_each[next])
          next = w;
      const auto& replica = run.curve[++turns[next]].parameters;
      for (std::size_t i = 0; i < centre.size(); ++i)
        centre[i] += static_cast<Real>(0x1p-40) * (replica[i] - centre[i]);
      CHECK(outcome.curve[t].parameters == centre);
    }
    for (const auto each : turns) CHECK(each >= 2);
  }
}
