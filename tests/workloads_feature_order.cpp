#include <doctest/doctest.h>

#include <atomic>

#include "tests/workloads_fixture.h"
#include "workloads/data/storage.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

/// The training and test loss after each of a few epochs with the suggested step, in file order.
std::vector<double> losses(const Problem& problem, std::size_t batch) {
  const auto rule = problem.make_rule({});
  const auto worker = problem.make_worker({rule.get(), batch, nullptr});
  AlignedVector<Real> w(problem.parameters());
  problem.initialise(w, 1);
  const StepSize step{problem.suggested_step(batch), Schedule::constant, 1, 0,
                      StalenessPolicy::none};
  std::vector<std::uint32_t> rows(problem.examples());
  std::iota(rows.begin(), rows.end(), 0u);
  std::atomic<std::uint64_t> applied{0};
  std::vector<double> result;
  for (int epoch = 0; epoch < 3; ++epoch) {
    worker->run_in_place(w, {rows, batch, 0, step.during(0), Access::exclusive, &applied, nullptr});
    for (const Part part : {Part::train, Part::test})
      result.push_back(problem.sum_rows(w, part, 0, problem.rows(part)).loss);
  }
  return result;
}

}  // namespace

TEST_CASE("Every workload without random weights learns alike with either order of features") {
  for (const char* workload : {"logreg", "svm", "least-squares", "softmax"})
    for (const std::size_t batch : {1u, 8u}) {
      CAPTURE(workload);
      CAPTURE(batch);
      TrainTest data{dataset(true, 2, 200), dataset(true, 2, 50, 3)};
      const WorkloadOptions options{workload, 1e-3, {}, "relu"};
      const auto before = losses(*make_problem(options, data), batch);
      auto& train = std::get<SparseMatrix>(data.train.features);
      const auto numbers = popularity_numbers(train, serial_for);
      renumber_features(train, numbers, serial_for);
      renumber_features(std::get<SparseMatrix>(data.test->features), numbers, serial_for);
      const auto after = losses(*make_problem(options, data), batch);
      REQUIRE(!std::is_sorted(numbers.begin(), numbers.end()));
      for (std::size_t k = 0; k < before.size(); ++k)
        CHECK(after[k] == doctest::Approx(before[k]).epsilon(1e-6));
      CHECK(before[4] < before[0]);
    }
}
