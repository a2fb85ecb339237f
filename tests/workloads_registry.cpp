#include <doctest/doctest.h>

#include <atomic>

#include "tests/workloads_fixture.h"
#include "workloads/names.h"
#include "workloads/sample_order.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

std::string why_not(const char* workload, const Dataset& data) {
  return find_by_name(workload_catalog(), "workload", workload).why_not(data);
}

/// Mean training loss after some epochs of sgd with the suggested step and batch.
double trained_loss(const Problem& problem, std::uint64_t epochs) {
  const std::size_t batch = problem.suggested_batch();
  const auto rule = problem.make_rule({});
  const auto worker = problem.make_worker({rule.get(), batch, nullptr});
  AlignedVector<Real> w(problem.parameters());
  problem.initialise(w, 1);
  const StepSize step{problem.suggested_step(batch), Schedule::constant, 1, 0,
                      StalenessPolicy::none};
  std::atomic<std::uint64_t> applied{0};
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch)
    worker->run_in_place(w, {random_rows(problem.examples(), problem.examples(), epoch), batch, 0,
                             step.during(0), Access::exclusive, &applied, nullptr});
  return evaluate(problem, w, Part::train, serial_for).loss;
}

}  // namespace

TEST_CASE("A workload says which data it can't use and what would fit") {
  CHECK(why_not("logreg", dataset(true, 2)) == "");
  CHECK(why_not("logreg", dataset(true, 10)) == "10 classes: use softmax");
  CHECK(why_not("svm", dataset(true, 0)) == "targets are not classes: use least-squares");
  CHECK(why_not("softmax", dataset(true, 0)) == "targets are not classes: use least-squares");
  CHECK(why_not("mlp", dataset(false, 1)) == "only one class: use data with two or more");
  CHECK(why_not("least-squares", dataset(false, 0)) == "");
  CHECK(why_not("least-squares", Dataset{}) == "no examples: use data with at least one");
}

TEST_CASE("Names and numbers that mean nothing are refused with a line for the user") {
  TrainTest data{dataset(false, 5), {}};
  CHECK_THROWS_AS(make_problem({"mpl", -1, {}, "relu"}, data), UsageError);
  CHECK_THROWS_WITH_AS(make_problem({"logreg", -1, {}, "relu"}, data),
                       "workload logreg can't use dense: 5 classes: use softmax", UsageError);
  CHECK_THROWS_AS(make_problem({"mlp", -1, {}, "rleu"}, data), UsageError);
  CHECK_THROWS_AS(make_problem({"mlp", -1, {0}, "relu"}, data), UsageError);
  CHECK_THROWS_AS(make_problem({"mlp", -1, {65536, 65536}, "relu"}, data), UsageError);
}

TEST_CASE("A test label that no training example has is refused with its row") {
  TrainTest data{dataset(true, 2), dataset(true, 2)};
  data.test->targets[3] = 9;
  CHECK_THROWS_WITH_AS(make_problem({"logreg", -1, {}, "relu"}, data),
                       "sparse: row 4 has the label 9, which no training example has; use data "
                       "with the same classes",
                       BadData);
}

TEST_CASE("Regression is tested on any targets, also where all training targets are integers") {
  TrainTest data{dataset(true, 2), dataset(true, 2)};
  data.test->targets[3] = 9;
  CHECK(make_problem({"least-squares", -1, {}, "relu"}, data)->has_test());
}

TEST_CASE("Features that only the test data have weigh nothing") {
  TrainTest data{dataset(true, 2), dataset(true, 2)};
  auto& matrix = std::get<SparseMatrix>(data.test->features);
  matrix.columns = 1000;
  matrix.entries.push_back({999, 1});
  ++matrix.offsets.back();
  for (const char* workload : {"logreg", "softmax", "mlp"}) {
    const auto problem = make_problem({workload, -1, {}, "relu"}, data);
    const auto w = random_point(problem->parameters(), 1);
    CHECK(std::isfinite(evaluate(*problem, w, Part::test, serial_for).loss));
  }
}

TEST_CASE("A feature that only the test data have is not taken for the intercept") {
  for (const bool sparse : {true, false})
    for (const char* workload : {"logreg", "softmax"}) {
      TrainTest data{dataset(sparse, 2), dataset(sparse, 2)};
      const auto problem = make_problem(linear(workload, -1, true), data);
      const auto w = random_point(problem->parameters(), 1);
      const auto before = evaluate(*problem, w, Part::test, serial_for).loss;
      if (sparse) {
        auto& matrix = std::get<SparseMatrix>(data.test->features);
        matrix.columns = kFeatures + 1;
        matrix.entries.push_back({kFeatures, 1});
        ++matrix.offsets.back();
      } else {
        const auto narrow = std::get<DenseMatrix>(data.test->features);
        DenseMatrix wide(narrow.rows(), kFeatures + 1);
        for (std::size_t i = 0; i < narrow.rows(); ++i) {
          std::copy(narrow.row(i).begin(), narrow.row(i).end(), wide.row(i).begin());
          wide.row(i)[kFeatures] = 1;
        }
        data.test->features = wide;
      }
      CHECK(evaluate(*problem, w, Part::test, serial_for).loss == before);
    }
}

TEST_CASE("An intercept adds a parameter for each score, behind those that λ covers") {
  for (const bool sparse : {true, false})
    for (const auto& workload : linear_workloads()) {
      const Example without = example(linear(workload, 1, false), sparse);
      const Example with = example(linear(workload, 1, true), sparse);
      const std::size_t scores = without.problem->parameters() / kFeatures;
      CHECK(without.problem->regularised() == without.problem->parameters());
      CHECK(with.problem->regularised() == without.problem->parameters());
      CHECK(with.problem->parameters() == without.problem->parameters() + scores);
      AlignedVector<Real> w(with.problem->parameters());
      w.back() = 100;
      CHECK(evaluate(*with.problem, w, Part::train, serial_for).loss ==
            doctest::Approx(with.problem->sum_rows(w, Part::train, 0, kRows).loss / kRows));
    }
  TrainTest data{dataset(false, 5), {}};
  CHECK_THROWS_WITH_AS(make_problem(linear("mlp", -1, true), data), doctest::Contains("biases"),
                       UsageError);
}

// Rows of nothing: what is left is the intercept's 1, L = L_max = c and, with λ, r.
TEST_CASE("The suggested step counts the intercept as a column of ones") {
  TrainTest data{dataset(false, 2), {}};
  data.train.features = DenseMatrix(kRows, kFeatures);
  const auto step = [&](const char* workload, bool intercept) {
    return make_problem(linear(workload, 0.25, intercept), data)->suggested_step(kRows);
  };
  CHECK(step("logreg", false) == doctest::Approx(1 / (2 * 0.25)));
  CHECK(step("logreg", true) == doctest::Approx(1 / (2 * (0.25 + 0.25))));
  CHECK(step("svm", true) == doctest::Approx(1 / (2 * (1 + 0.25))));
  CHECK(step("softmax", true) == doctest::Approx(1 / (2 * (0.5 + 0.25))));
  const auto single = make_problem(linear("logreg", 0.25, true), data)->suggested_step(1);
  CHECK(single == doctest::Approx(1 / (2 * (0.25 + 0.25))));
  for (const bool sparse : {true, false})
    for (const std::size_t batch : {1u, 40u})
      CHECK(example(linear("logreg", 0.01, true), sparse).problem->suggested_step(batch) <
            example(linear("logreg", 0.01, false), sparse).problem->suggested_step(batch));
}

TEST_CASE("λ is 1/n unless it is given") {
  TrainTest data{dataset(true, 2), {}};
  CHECK(make_problem({"logreg", -1, {}, "relu"}, data)->l2() == 1.0 / kRows);
  CHECK(make_problem({"logreg", 0, {}, "relu"}, data)->l2() == 0);
  CHECK(make_problem({"mlp", 0.5, {}, "relu"}, data)->l2() == 0.5);
}

TEST_CASE("The suggested step trains every workload") {
  for (const Example& e : all_examples(-1)) {
    CAPTURE(e.name);
    AlignedVector<Real> w(e.problem->parameters());
    e.problem->initialise(w, 1);
    const double before = evaluate(*e.problem, w, Part::train, serial_for).loss;
    const double after = trained_loss(*e.problem, 30);
    CHECK(after < 0.9 * before);
  }
}

TEST_CASE("A longer mini-batch allows a longer step") {
  for (const Example& e : all_examples(-1)) {
    CAPTURE(e.name);
    CHECK(e.problem->suggested_step(1) > 0);
    CHECK(e.problem->suggested_step(1) < e.problem->suggested_step(8));
    CHECK(e.problem->suggested_step(8) < e.problem->suggested_step(kRows));
    CHECK(e.problem->suggested_step(kRows) == e.problem->suggested_step(10 * kRows));
  }
}
