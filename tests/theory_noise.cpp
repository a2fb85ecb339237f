// How near to its optimum SGD comes with a constant step: the variance that its noise leaves.
//
// Least squares on one feature that is always 1 and targets yₜ = ±1, drawn independently and each
// used once, has the gradient x − yₜ: curvature 1 and additive noise of variance 1. With a = η,
//
//   x_{t+1} = x_t − a·x_{t−τ} + a·yₜ,   E[x²] → a²·floor(τ, a)
//
// floor(τ, a) being that of unit noise (closed_forms.h). P identical workers have τ = P − 1.
#include "tests/theory/simulated.h"
#include "workloads/random.h"

using namespace sgdbench;
using namespace sgdbench::theory;

namespace {

constexpr std::size_t kNoisyUpdates = std::size_t{1} << 19;
constexpr std::size_t kApart = 16;  // updates from one sample of x² to the next
constexpr std::size_t kSamples = kNoisyUpdates / kApart;

testing::Case toss_coins() {
  testing::Case c;
  c.data = std::make_unique<TrainTest>();
  Random random(3);
  DenseMatrix one(kNoisyUpdates, 1);
  for (std::size_t i = 0; i < kNoisyUpdates; ++i) {
    one.row(i)[0] = 1;
    c.data->train.targets.push_back(random.below(2) == 0 ? -1.F : 1.F);
  }
  c.data->train.features = std::move(one);
  WorkloadOptions options;
  options.workload = "least-squares";
  options.l2 = 0;
  c.problem = make_problem(options, *c.data);
  return c;
}

const testing::Case& coin_tosses() {
  static const testing::Case once = toss_coins();
  return once;
}

/// The mean of x² along a run.
double mean_square(const Problem& problem, std::size_t delay, double a) {
  RunSpec spec = timing("async", "constant:1s", 0, delay + 1);
  spec.shuffle.kind = Shuffle::Kind::none;
  spec.step.initial = a;
  spec.evaluations = kSamples;
  const auto outcome = testing::run(testing::backend("simulator"), spec, problem);
  REQUIRE(outcome.curve.size() == kSamples + 1);
  double sum = 0;
  for (std::size_t k = 1; k <= kSamples; ++k) {
    REQUIRE(outcome.curve[k].updates == k * kApart);
    sum += double{outcome.curve[k].parameters[0]} * double{outcome.curve[k].parameters[0]};
  }
  return sum / kSamples;
}

}  // namespace

TEST_CASE("Additive noise leaves the variance that the closed forms say, without delay and with") {
  // x is a sum of independent ±1's, whose fourth moment is below a normal's: Var x² ≤ 2·(E x²)².
  // From one sample to the next x's correlation is 0.75¹⁶ = 1 % at most, that of x² its square. The
  // start at the optimum takes less than one sample's worth: 3 of 32,768.
  const auto& c = coin_tosses();
  for (const std::size_t delay : {0, 1})
    for (const double a : {0.25, 0.5}) {
      CAPTURE(delay);
      CAPTURE(a);
      const double expected = a * a * delayed_error_floor(delay, a);
      const double mean = mean_square(*c.problem, delay, a);
      CAPTURE(mean / expected);
      CHECK(std::abs(mean / expected - 1) < kSigmas * std::sqrt(2.0 / kSamples) + 3.0 / kSamples);
    }
}

TEST_CASE("The variance with a delay is told from the one without") {
  const auto& c = coin_tosses();
  const double without = 0.5 * 0.5 * delayed_error_floor(0, 0.5);
  CHECK(mean_square(*c.problem, 1, 0.5) / without > 1.5);
}
