// What must hold of every computed optimum.
#include <doctest/doctest.h>

#include "backends/fork_join.h"
#include "tests/optimum_fixture.h"
#include "workloads/names.h"

using namespace sgdbench;
using namespace sgdbench::testing;

TEST_CASE("The optimum is what the reference and evaluate() report of its solution") {
  for (const auto& solved : all_solved()) {
    CAPTURE(solved.name);
    CHECK(solved.loss(solved.w) == doctest::Approx(solved.optimum.value).epsilon(1e-13));
    const AlignedVector<Real> rounded(solved.w.begin(), solved.w.end());
    CHECK(evaluate(*solved.problem, rounded, Part::train, serial_for).loss ==
          doctest::Approx(solved.optimum.value).epsilon(1e-6));
  }
}

TEST_CASE("The reference's gradient is next to nothing at the solution") {
  for (const auto& solved : all_solved()) {
    if (has_loss(solved.options.workload, ConvexLoss::hinge)) continue;  // it has none there
    CAPTURE(solved.name);
    const std::vector<double> zero(solved.w.size());
    CHECK(solved.gradient(solved.w) <= 1.01 * kOptimumTolerance * solved.gradient(zero));
    CHECK(solved.optimum.relative_gradient <= kOptimumTolerance);
  }
}

TEST_CASE("The proven gap is at most 1e-9 of the optimum") {
  for (const auto& solved : all_solved()) {
    CAPTURE(solved.name);
    REQUIRE(solved.optimum.gap);
    CHECK(*solved.optimum.gap >= 0);
    CHECK(*solved.optimum.gap <= kOptimumTolerance * solved.optimum.value);
  }
}

TEST_CASE("No step in any direction lowers f by more than the proven gap") {
  Random random(5);
  for (const auto& solved : all_solved()) {
    CAPTURE(solved.name);
    const double rounding = 1e-14 * solved.optimum.value;
    for (double length = 1e-7; length < 10; length *= 10)
      for (int k = 0; k < 5; ++k) {
        auto w = solved.w;
        for (double& x : w) x += length * random.normal();
        CHECK(solved.loss(w) >= solved.optimum.value - *solved.optimum.gap - rounding);
      }
  }
}

TEST_CASE("The number of threads does not change a bit") {
  for (const auto& workload : convex_workloads())
    for (const bool sparse : {true, false}) {
      CAPTURE(workload);
      const auto train = dataset(sparse, classes_for(workload, sparse), 300);
      for (const bool intercept : {false, true}) {
        const auto options = linear(workload, 1e-3, intercept);
        const auto one = solve(options, train);
        for (const std::size_t threads : {2, 5}) {
          const auto many = solve(options, train, threaded_for(threads));
          CHECK(many.optimum.value == one.optimum.value);
          CHECK(many.optimum.gap == one.optimum.gap);
          CHECK(many.w == one.w);
        }
      }
    }
}

TEST_CASE("Without its certificate an optimum is an error that says how far it came") {
  for (const auto& workload : convex_workloads()) {
    if (has_loss(workload, ConvexLoss::squared)) continue;  // one step of Newton's is enough
    OptimumLimits few;
    few.passes = 3;
    CHECK_THROWS_AS(
        solve(workload, 1e-6, dataset(true, classes_for(workload, true), 100), serial_for, few),
        NotConverged);
  }
  std::atomic<bool> stop{true};
  OptimumLimits stopped;
  stopped.stop = &stop;
  CHECK_THROWS_AS(solve("logreg", 1e-6, dataset(true, 2), serial_for, stopped), NotConverged);
}

TEST_CASE("A gradient that is small enough is not what a missing certificate is blamed on") {
  auto data = dataset(false, 2, 40);
  for (Real& x : std::get<DenseMatrix>(data.features).values) x *= 1e12f;
  try {
    solve("softmax", 1e-300, data);
    FAIL("certified");
  } catch (const NotConverged& error) {
    CHECK(std::string(error.what()).find("relative gap") != std::string::npos);
  }
}

TEST_CASE("What has no certain optimum is refused with a reason") {
  for (const auto& row : workload_catalog()) {
    const std::string workload(row.name);
    CAPTURE(workload);
    CHECK(why_no_optimum({workload, -1, {8}, "relu"}).empty() == row.convexity.loss.has_value());
    if (!row.convexity.loss) continue;
    // Of losses that fall for ever, or whose dual asks for λ.
    const bool has_any = has_loss(workload, ConvexLoss::squared);
    CHECK(why_no_optimum({workload, 0, {}, "relu"}).empty() == has_any);
    if (has_any) continue;
    CHECK_THROWS_AS(solve(workload, 0, dataset(true, classes_for(workload, true))), UsageError);
  }
}

TEST_CASE("Where no step helps from the start, the start is the optimum") {
  Dataset data = dataset(false, 0, 40);
  std::fill(data.targets.begin(), data.targets.end(), 0.0f);
  CHECK(solve("least-squares", 0, data).optimum.value == 0);
  CHECK(solve("least-squares", 0.1, data).optimum.value == 0);
  // Every row once with either label: the gradient at 0 is rounding.
  auto& matrix = std::get<DenseMatrix>(data.features);
  data.classes = {-1, 1};
  for (std::size_t i = 0; i < 40; ++i) {
    data.targets[i] = i % 2 == 0 ? -1.0f : 1.0f;
    std::copy_n(matrix.row(i - i % 2).data(), matrix.columns, matrix.row(i).data());
  }
  CHECK(solve("logreg", 0.1, data).optimum.value == doctest::Approx(std::log(2.0)).epsilon(1e-15));
  for (const char* workload : {"svm", "l2-svm"})
    CHECK(solve(workload, 0.1, data).optimum.value == doctest::Approx(1).epsilon(1e-15));
}

TEST_CASE("Features of very different sizes don't weaken the certificate") {
  for (const auto& workload : convex_workloads()) {
    CAPTURE(workload);
    auto data = dataset(false, classes_for(workload, false), 300);
    auto& matrix = std::get<DenseMatrix>(data.features);
    for (std::size_t i = 0; i < 300; ++i)
      for (std::size_t v = 0; v < matrix.columns; ++v)
        matrix.row(i)[v] *= v % 3 == 0 ? 3000.0f : v % 3 == 1 ? 1.0f : 0.01f;
    for (const bool intercept : {false, true}) {
      const auto solved = solve(linear(workload, 1e-4, intercept), data);
      CHECK(is_certified(solved.optimum));
      CHECK(solved.loss(solved.w) == doctest::Approx(solved.optimum.value).epsilon(1e-12));
    }
  }
}
