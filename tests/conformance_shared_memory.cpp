// Updates on shared memory: nothing is lost where nothing may be, and nobody interferes where
// nobody can.

#include "tests/conformance.h"

namespace sgdbench::testing {
namespace {

/// n rows with the one feature 2⁻²⁰ and the label +1: below margin 1, hinge's slope is −1, so a
/// step of 2²⁰ adds exactly 1 to the one parameter.
Case counting_case(std::size_t rows) {
  auto data = std::make_unique<TrainTest>();
  SparseMatrix matrix;
  matrix.columns = 1;
  for (std::size_t i = 0; i < rows; ++i) {
    matrix.entries.push_back({0, 0x1p-20F});
    matrix.offsets.push_back(i + 1);
  }
  data->train.features = std::move(matrix);
  data->train.targets.assign(rows, 1.0F);
  data->train.classes = {-1.0F, 1.0F};
  WorkloadOptions options;
  options.workload = "svm";
  options.l2 = 0;
  auto problem = make_problem(options, *data);
  return {"counting", std::move(data), std::move(problem)};
}

}  // namespace

TEST_CASE(
    "Compare-and-swap writes and consistent backends lose no update of one contended number") {
  const Case c = counting_case(4096);
  for (const char* name :
       {"sequential", "hogwild", "downpour", "locked", "leashed", "parameter-server"}) {
    for (const std::size_t workers : {1, 4}) {
      RunSpec spec = spec_for(backend(name), *c.problem, workers, 1, 4);
      spec.step.initial = 0x1p20;
      spec.write = "cas";
      if (!backend(name).why_not(spec, *c.problem).empty()) continue;
      INFO(name << " with " << workers << " workers");
      CHECK(final_parameters(run(backend(name), spec, *c.problem))[0] == 4 * 4096);
    }
  }
}

TEST_CASE("Racy stores never add to the count, and their losses are estimated, not invented") {
  const Case c = counting_case(4096);
  RunSpec spec = spec_for(backend("hogwild"), *c.problem, 4, 1, 4);
  spec.step.initial = 0x1p20;
  const auto contended = run(backend("hogwild"), spec, *c.problem);
  CHECK(final_parameters(contended)[0] <= 4 * 4096);
  REQUIRE(contended.lost_updates.has_value());
  CHECK(*contended.lost_updates >= 0);
  CHECK(*contended.lost_updates <= 4 * 4096);
  spec.workers = 1;
  const auto alone = run(backend("hogwild"), spec, *c.problem);
  CHECK(final_parameters(alone)[0] == 4 * 4096);
  CHECK(alone.lost_updates == 0);
}

TEST_CASE("Hogwild on examples that share no feature is sequential SGD") {
  const Case c = make_case("logreg", "disjoint:rows=512,groups=512,features=4096");
  const auto spec = spec_for(backend("sequential"), *c.problem, 1, 1, 1);
  const auto reference = run(backend("sequential"), spec, *c.problem);
  for (const char* write : {"store", "cas"}) {
    for (const std::size_t workers : {1, 4}) {
      RunSpec shared = spec_for(backend("hogwild"), *c.problem, workers, 1, 1);
      shared.write = write;
      INFO(write << " with " << workers << " workers");
      CHECK(relative_difference(final_parameters(run(backend("hogwild"), shared, *c.problem)),
                                final_parameters(reference)) < 1e-6);
    }
  }
}

TEST_CASE("A leashed gradient that fails its only publication is dropped, and computed again") {
  const Case c = make_case("logreg", "rcv1-like:rows=400,features=40000");
  // Momentum changes all of a version, which takes much longer to make than a gradient: many
  // publications collide.
  RunSpec spec = spec_for(backend("leashed"), *c.problem, 4, 1, 4);
  spec.rule = parse_rule("momentum", 0.5);
  spec.persistence = 1;
  const auto outcome = run(backend("leashed"), spec, *c.problem);
  std::uint64_t applied = 0, dropped = 0;
  for (const auto& worker : outcome.workers) {
    applied += worker.applied;
    dropped += worker.dropped;
    CHECK(worker.computed == worker.applied + worker.dropped);
  }
  CHECK(dropped > 0);
  CHECK(applied == 4 * 400);
  CHECK(outcome.updates == applied);
}

TEST_CASE("A point of the curve counts the updates that are in its parameters") {
  const Case c = counting_case(4096);
  for (const auto& entry : backend_catalog()) {
    for (const std::size_t workers : {1, 4}) {
      RunSpec spec = spec_for(entry, *c.problem, workers, 1, 4);
      spec.step.initial = 0x1p20;
      spec.evaluations = 4096;  // so that workers look at the curve while others publish
      if (!entry.unavailable().empty() || !entry.why_not(spec, *c.problem).empty()) continue;
      // Without versions an update may be seen before it is counted. An exchange counts before.
      const bool exact = entry.lists_landings || entry.deterministic(spec);
      if (!exact && !entry.uses_exchange) continue;
      INFO(std::string(entry.name) << " with " << workers << " workers");
      const auto outcome = run(entry, spec, *c.problem);
      if (exact) CHECK(outcome.curve.size() > 1000);
      for (const auto& point : outcome.curve) {
        const auto counted =
            static_cast<Real>(entry.uses_exchange ? point.examples : point.updates);
        CHECK(point.parameters[0] <= counted);
        if (exact) CHECK(point.parameters[0] == counted);
      }
    }
  }
}

TEST_CASE("No backend ends below the optimum" * doctest::test_suite("long")) {
  const Case c = make_case("logreg", "rcv1-like:rows=200,features=100", 0.01);
  // Gradient descent with step 1/L, L ≤ ¼ + λ·max 1/d_v, long enough for the last digits.
  std::vector<std::uint32_t> rows(200);
  for (std::uint32_t i = 0; i < 200; ++i) rows[i] = i;
  std::vector<double> w(c.problem->parameters()), gradient(w.size());
  for (int step = 0; step < 4000; ++step) {
    c.problem->reference_gradient(w, rows, gradient);
    for (std::size_t i = 0; i < w.size(); ++i) w[i] -= 2 * gradient[i];
  }
  const double optimum = c.problem->reference_loss(w, rows);
  for (const auto& entry : backend_catalog()) {
    for (const std::size_t workers : {1, 3}) {
      const auto spec = spec_for(entry, *c.problem, workers, 1, 20);
      if (!entry.unavailable().empty() || !entry.why_not(spec, *c.problem).empty()) continue;
      INFO(std::string(entry.name));
      const auto outcome = run(entry, spec, *c.problem);
      const double loss =
          evaluate(*c.problem, final_parameters(outcome), Part::train, serial_for).loss;
      CHECK(loss >= optimum - 1e-9 * std::abs(optimum));
      CHECK(loss < 0.69);
    }
  }
}

}  // namespace sgdbench::testing
