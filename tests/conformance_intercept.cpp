// Linear models with an intercept: every one of them on sparse and on dense rows, in every backend.

#include "backends/verification.h"
#include "tests/conformance.h"
#include "tests/workloads_fixture.h"

namespace sgdbench::testing {
namespace {

std::vector<Example> linear_examples() {
  std::vector<Example> all;
  for (const auto& workload : linear_workloads())
    for (const bool sparse : {true, false})
      all.push_back(example(linear(workload, 0.05, true), sparse));
  // Rows that meet a small part of the features: blocks have a support.
  for (const char* workload : {"logreg", "softmax"})
    all.push_back(example(linear(workload, 0.05, true), true, kManyFeatures));
  return all;
}

/// Calls visit(entry, spec) for every backend that can run the problem.
template <class Visit>
void for_backends(const Problem& problem, std::size_t workers, std::size_t batch, Visit visit) {
  for (const auto& entry : backend_catalog()) {
    if (!entry.unavailable().empty()) continue;
    const RunSpec spec = spec_for(entry, problem, workers, batch);
    if (!entry.why_not(spec, problem).empty()) continue;
    INFO(std::string(entry.name));
    visit(entry, spec);
  }
}

/// Rows of nothing; every fourth label is the last one, every fourth the one before.
TrainTest silent(bool sparse, std::size_t classes) {
  TrainTest data{dataset(sparse, classes), {}};
  if (sparse) {
    auto& matrix = std::get<SparseMatrix>(data.train.features);
    matrix.entries.clear();
    std::fill(matrix.offsets.begin(), matrix.offsets.end(), 0u);
  } else {
    data.train.features = DenseMatrix(kRows, kFeatures);
  }
  for (std::size_t i = 0; i < kRows; ++i)
    data.train.targets[i] = classes == 0 ? (i % 4 == 3 ? 5.0f : 1.0f)
                                         : data.train.classes[i % 4 == 3   ? classes - 1
                                                              : i % 4 == 2 ? classes - 2
                                                                           : 0];
  return data;
}

}  // namespace

TEST_CASE("With an intercept every backend's first update is a step along the reference gradient") {
  for (const auto& e : linear_examples())
    for (const std::size_t workers : {1, 3})
      for (const std::size_t batch : {1, 6})
        for_backends(*e.problem, workers, batch, [&](const BackendEntry& entry, RunSpec spec) {
          INFO(e.name);
          for (const auto& row : rule_catalog()) {
            if (workers > 1 && row.name != "sgd") continue;
            spec.rule = parse_rule(row.name, 0.5);
            if (!entry.why_not(spec, *e.problem).empty()) continue;
            const Verification verdict = verify_backend(entry, spec, *e.problem);
            CHECK_MESSAGE(verdict.ok, verdict.reason);
          }
        });
}

TEST_CASE("With an intercept every backend with one worker gives the sequential one's parameters") {
  for (const auto& e : linear_examples())
    for (const std::size_t batch : {1, 7})
      for_backends(*e.problem, 1, batch, [&](const BackendEntry& entry, const RunSpec& spec) {
        INFO(e.name);
        const auto reference = run(backend("sequential"), spec, *e.problem);
        CHECK(relative_difference(final_parameters(run(entry, spec, *e.problem)),
                                  final_parameters(reference)) < 2e-4);
      });
}

// With all rows in a batch these are gradient steps on the entropy of the labels: p = 1/4 is the
// share of the last label.
TEST_CASE("Where features say nothing, every backend trains the intercept to the log odds") {
  const double entropy = -0.25 * std::log(0.25) - 0.75 * std::log(0.75);
  for (const bool sparse : {true, false}) {
    const auto data = silent(sparse, 2);
    const auto problem = make_problem(linear("logreg", 0.1, true), data);
    const auto none = make_problem(linear("logreg", 0.1, false), data);
    for_backends(*problem, 1, kRows, [&](const BackendEntry& entry, RunSpec spec) {
      spec.epochs = 60;
      spec.step.initial = 4;
      const auto w = final_parameters(run(entry, spec, *problem));
      CHECK(w.back() == doctest::Approx(std::log(1.0 / 3)).epsilon(1e-4));
      CHECK(evaluate(*problem, w, Part::train, serial_for).loss ==
            doctest::Approx(entropy).epsilon(1e-6));
      const auto without = final_parameters(run(entry, spec, *none));
      CHECK(evaluate(*none, without, Part::train, serial_for).loss ==
            doctest::Approx(std::log(2.0)));
    });
  }
}

TEST_CASE(
    "The intercepts of softmax come to the log of the classes' shares, of regression the mean") {
  for (const bool sparse : {true, false}) {
    const auto classes = silent(sparse, 3), numbers = silent(sparse, 0);
    const auto softmax = make_problem(linear("softmax", 0.1, true), classes);
    const auto regression = make_problem(linear("least-squares", 0.1, true), numbers);
    const auto& sequential = backend("sequential");
    RunSpec spec = spec_for(sequential, *softmax, 1, kRows, 200);
    spec.step.initial = 2;
    const auto w = final_parameters(run(sequential, spec, *softmax));
    CHECK(w[w.size() - 1] - w[w.size() - 3] == doctest::Approx(std::log(0.5)).epsilon(1e-4));
    CHECK(w[w.size() - 1] - w[w.size() - 2] == doctest::Approx(0));
    spec.step.initial = 1;
    CHECK(final_parameters(run(sequential, spec, *regression)).back() == doctest::Approx(2));
  }
}

}  // namespace sgdbench::testing
