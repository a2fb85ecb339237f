// Optima that are known by another way.
#include <doctest/doctest.h>

#include <limits>

#include "tests/optimum_fixture.h"
#include "workloads/data_problem.h"
#include "workloads/optimum/objective.h"
#include "workloads/reference.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

/// (1/n XᵀX + λI)·w = 1/n Xᵀy.
Vector normal_equations(const Dataset& data, double l2) {
  const std::size_t d = data.columns();
  const double n = static_cast<double>(data.rows());
  std::vector<Vector> a(d, Vector(d));
  Vector b(d);
  for (std::size_t v = 0; v < d; ++v) a[v][v] = l2;
  for (std::size_t i = 0; i < data.rows(); ++i)
    for (const auto& [v, x] : reference::values_of(data, i)) {
      b[v] += x * data.targets[i] / n;
      for (const auto& other : reference::values_of(data, i))
        a[v][other.column] += x * other.value / n;
    }
  return eliminate(a, b);
}

/// One feature, `x`, and classes of either sign.
Dataset one_feature(const std::vector<float>& x) {
  Dataset data;
  DenseMatrix matrix(x.size(), 1);
  for (std::size_t i = 0; i < x.size(); ++i) {
    matrix.row(i)[0] = x[i];
    data.targets.push_back(i % 3 == 0 ? 1.0f : -1.0f);
  }
  data.features = matrix;
  data.classes = {-1, 1};
  return data;
}

}  // namespace

TEST_CASE("Least squares end where the normal equations say") {
  for (const bool sparse : {true, false})
    for (const double l2 : {1.0, 1e-4}) {
      const auto solved = solve("least-squares", l2, dataset(sparse, 0, 200));
      const auto w = normal_equations(solved.data->train, l2);
      CHECK(solved.optimum.value == doctest::Approx(solved.loss(w)).epsilon(1e-12));
    }
}

TEST_CASE("Least squares without λ find the least loss, however many solutions have it") {
  const auto narrow = dataset(false, 0, 200);
  auto wide = narrow;
  const auto& from = std::get<DenseMatrix>(narrow.features);
  DenseMatrix twice(from.rows(), 2 * from.columns);
  for (std::size_t i = 0; i < from.rows(); ++i)
    for (std::size_t v = 0; v < twice.columns; ++v) twice.row(i)[v] = from.row(i)[v % from.columns];
  wide.features = twice;
  const auto solved = solve("least-squares", 0, narrow);
  CHECK(solved.optimum.value ==
        doctest::Approx(solved.loss(normal_equations(narrow, 0))).epsilon(1e-12));
  CHECK_FALSE(solved.optimum.gap);
  CHECK(solve("least-squares", 0, wide).optimum.value ==
        doctest::Approx(solved.optimum.value).epsilon(1e-12));
}

TEST_CASE("Logistic regression in one dimension is the root that bisection finds") {
  const auto solved = solve("logreg", 0.01, one_feature({1, 2, -3, 0.5f, 0.25f, 1.5f, -1, 4}));
  const auto slope = [&](double w) {
    double sum = 0;
    for (std::size_t i = 0; i < solved.data->train.rows(); ++i) {
      const double x = std::get<DenseMatrix>(solved.data->train.features).row(i)[0];
      const double y = solved.data->train.targets[i];
      sum -= y * x / (1 + std::exp(y * w * x));
    }
    return sum / static_cast<double>(solved.data->train.rows()) + 0.01 * w;
  };
  double low = -1000, high = 1000;
  for (int k = 0; k < 200; ++k) (slope((low + high) / 2) > 0 ? high : low) = (low + high) / 2;
  CHECK(solved.optimum.value == doctest::Approx(solved.loss({low})).epsilon(1e-14));
  CHECK(solved.w[0] == doctest::Approx(low).epsilon(1e-8));
}

// With W₁ = −W₂ = u a margin is 2⟨u, x⟩ = ⟨w, x⟩, and λ/2·2‖u‖² = (λ/2)/2·‖w‖².
TEST_CASE("Softmax of two classes is logistic regression with half of λ") {
  for (const bool sparse : {true, false}) {
    const auto train = dataset(sparse, 2, 150);
    CHECK(solve("softmax", 0.02, train).optimum.value ==
          doctest::Approx(solve("logreg", 0.01, train).optimum.value).epsilon(1e-13));
  }
}

// Coordinate ascent of the dual (Hsieh et al. 2008), without any of its short cuts. That of the
// squared hinge has −a²/4 in place of the bound a ≤ 1.
TEST_CASE(
    "The support vector machine ends where its dual does, whether its hinge is squared or not") {
  struct Dual {
    const char* workload;
    double curvature, most;
  };
  for (const auto& [workload, curvature, most] :
       {Dual{"svm", 0, 1}, Dual{"l2-svm", 0.5, std::numeric_limits<double>::infinity()}})
    for (const bool sparse : {true, false})
      for (const double l2 : {1.0, 0.02}) {
        const auto solved = solve(workload, l2, dataset(sparse, 2, 60));
        const auto& train = solved.data->train;
        const auto y = signs(train, train.classes);
        const double scale = l2 * static_cast<double>(train.rows());
        Vector a(train.rows()), v(train.columns());
        for (int epoch = 0; epoch < 20'000; ++epoch)
          for (std::size_t i = 0; i < a.size(); ++i) {
            double margin = 0, square = 0;
            for (const auto& [k, x] : reference::values_of(train, i)) {
              margin += y[i] * v[k] * x;
              square += x * x;
            }
            const double step = (1 - margin - curvature * a[i]) / (curvature + square / scale);
            const double moved = std::clamp(a[i] + step, 0.0, most);
            for (const auto& [k, x] : reference::values_of(train, i))
              v[k] += (moved - a[i]) * y[i] * x / scale;
            a[i] = moved;
          }
        CHECK(solved.optimum.value == doctest::Approx(solved.loss(v)).epsilon(1e-9));
      }
}

TEST_CASE(
    "The blocks of the preconditioner, solved for, give back what they were multiplied with") {
  const auto train = dataset(false, 0, 200);
  optimum::Budget budget({});
  const ParallelFor parallel = serial_for;
  optimum::Design design(train, 2, parallel, budget);
  optimum::BlockCholesky blocks;
  const double l2 = 0.01;
  REQUIRE(blocks.factorise(design, l2, 0, [](std::size_t i, double* k) {
    k[0] = 1;
    k[1] = i % 2 == 0 ? 0.5 : 0.25;
  }));
  const auto v = random_point(design.parameters(), 3);
  Vector w(v.begin(), v.end()), product(w.size());
  design.pass(
      w,
      [](std::size_t i, const double* z, double* s) {
        s[0] = z[0];
        s[1] = (i % 2 == 0 ? 0.5 : 0.25) * z[1];
        return 0.0;
      },
      product);
  for (std::size_t j = 0; j < w.size(); ++j) product[j] = product[j] / 200 + l2 * w[j];
  blocks.solve(parallel, product);
  CHECK(relative_error(product, w) < 1e-4);
}
