#include <doctest/doctest.h>

#include <limits>

#include "tests/workloads_fixture.h"
#include "workloads/kernels/dense_layer.h"
#include "workloads/losses.h"

using namespace sgdbench;
using namespace sgdbench::testing;

TEST_CASE("Losses and slopes neither overflow nor lose small values at margins of 1e4") {
  CHECK(LogisticLoss::value(-1e4, 1) == doctest::Approx(1e4));
  CHECK(LogisticLoss::value(1e4, 1) == 0);
  CHECK(LogisticLoss::value(30, 1) == doctest::Approx(std::exp(-30.0)).epsilon(1e-12));
  CHECK(LogisticLoss::slope(-1e4f, 1) == -1);
  CHECK(LogisticLoss::slope(-1e4f, -1) == doctest::Approx(0));
  CHECK(std::isfinite(LogisticLoss::slope(1e4f, 1)));
  CHECK(HingeLoss::value(-1e4, 1) == 10001);
  CHECK(SquaredLoss::value(-1e4, 0) == 5e7);
  const double scores[] = {1e4, -1e4, 0};
  CHECK(cross_entropy(scores, 3, 1) == doctest::Approx(2e4));
  CHECK(cross_entropy(scores, 3, 0) == 0);
  Real slopes[] = {1e4f, -1e4f, 0};
  softmax_slope(slopes, 3, 1);
  CHECK(slopes[0] == doctest::Approx(1));
  CHECK(slopes[1] == doctest::Approx(-1));
}

TEST_CASE("Every slope is the derivative of its loss") {
  for (const auto kind : kLosses) {
    with_loss(kind, [](auto loss) {
      for (double z = -6.05; z < 6; z += 0.1) {
        for (const double y : {-1.0, 1.0}) {
          const double slope = (loss.value(z + 1e-6, y) - loss.value(z - 1e-6, y)) / 2e-6;
          CHECK(loss.slope(static_cast<Real>(z), static_cast<Real>(y)) ==
                doctest::Approx(slope).epsilon(1e-5));
          CHECK(loss.plain_slope(z, y) == doctest::Approx(slope).epsilon(1e-5));
          CHECK(loss.value(z, y) == doctest::Approx(loss.plain(z, y)).epsilon(1e-14));
        }
      }
    });
  }
}

TEST_CASE("A margin that is not a number gives a loss that is not a number") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto kind : kLosses)
    with_loss(kind, [nan](auto loss) { CHECK(std::isnan(loss.value(nan, 1))); });
  CHECK(std::isnan(fast_exp(static_cast<Real>(nan))));
}

TEST_CASE("The fast exponential is within 3e-7 of the true one") {
  double worst = 0;
  for (double x = -87; x <= 88; x += 0.00137) {
    const Real argument = static_cast<Real>(x);
    const double exact = std::exp(static_cast<double>(argument));
    worst = std::max(worst, std::abs(static_cast<double>(fast_exp(argument)) - exact) / exact);
  }
  CHECK(worst < 3e-7);
  CHECK(fast_exp(-1000) > 0);
  CHECK(std::isfinite(fast_exp(1000)));
}

namespace {

/// The reference's sparse form leaves out features that no row contains: they may not matter here.
void clear_unseen_features(const Example& e, AlignedVector<Real>& w) {
  const auto* matrix = std::get_if<SparseMatrix>(&e.data->train.features);
  const std::size_t weights = e.problem->regularised();
  if (!matrix || weights % matrix->columns != 0) return;
  std::vector<bool> seen(matrix->columns);
  for (const Entry& entry : matrix->entries) seen[entry.column] = true;
  const std::size_t width = weights / matrix->columns;
  for (std::size_t k = 0; k < weights; ++k)
    if (!seen[k / width]) w[k] = 0;
}

}  // namespace

TEST_CASE("The evaluated training loss is the reference loss over all rows") {
  for (const Example& e : all_examples(0.05)) {
    CAPTURE(e.name);
    auto w = random_point(e.problem->parameters(), 13);
    clear_unseen_features(e, w);
    std::vector<std::uint32_t> rows(kRows);
    std::iota(rows.begin(), rows.end(), 0u);
    const std::vector<double> w_double(w.begin(), w.end());
    const auto evaluation = evaluate(*e.problem, w, Part::train, serial_for);
    CHECK(evaluation.loss ==
          doctest::Approx(e.problem->reference_loss(w_double, rows)).epsilon(1e-6));
    CHECK(evaluation.accuracy.has_value() == e.problem->classifies());
  }
}

TEST_CASE("Evaluation sums its chunks in order, whoever computes them") {
  const ParallelFor backwards = [](std::size_t n, const std::function<void(std::size_t)>& body) {
    for (std::size_t i = n; i-- > 0;) body(i);
  };
  TrainTest data{dataset(true, 2, 5000), {}};
  const auto problem = make_problem({"logreg", 0.1, {}, "relu"}, data);
  const auto w = random_point(problem->parameters(), 13);
  const auto a = evaluate(*problem, w, Part::train, serial_for);
  CHECK(a.loss == evaluate(*problem, w, Part::train, backwards).loss);
}

TEST_CASE("Test loss leaves the regulariser out, and accuracy counts the right answers") {
  const Example e = example({"logreg", 10, {}, "relu"}, true);
  const AlignedVector<Real> zero(e.problem->parameters());
  CHECK(evaluate(*e.problem, zero, Part::test, serial_for).loss == doctest::Approx(std::log(2.0)));
  const auto w = random_point(e.problem->parameters(), 2);
  std::size_t right = 0;
  const auto& matrix = std::get<SparseMatrix>(e.data->test->features);
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    double z = 0;
    for (const Entry& entry : matrix.row(i))
      z += static_cast<double>(w[entry.column]) * entry.value;
    right += (e.data->test->targets[i] == 5) == (z > 0);
  }
  CHECK(*evaluate(*e.problem, w, Part::test, serial_for).accuracy ==
        doctest::Approx(static_cast<double>(right) / 15));
}
