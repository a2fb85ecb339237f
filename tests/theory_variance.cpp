// Rules that correct gradients by earlier ones go on to the optimum, at one rate: they leave no
// noise behind, as a constant step of plain SGD does (theory_noise.cpp).
#include <numbers>
#include <numeric>

#include "tests/conformance.h"
#include "workloads/optimum/optimum.h"

using namespace sgdbench;

namespace {

constexpr double kL2 = 0.1;
constexpr std::uint64_t kEpochs = 240, kPoints = 24;

struct Goal {
  testing::Case c;
  double optimum;
};

double optimum_of(const std::string& workload, const testing::Case& c) {
  WorkloadOptions options;
  options.workload = workload;
  options.l2 = kL2;
  const auto found = find_optimum(*c.problem, options, *c.data, serial_for);
  REQUIRE(found.gap.value() < 1e-12);
  return found.value;
}

Goal goal(const std::string& workload, const std::string& data) {
  auto c = testing::make_case(workload, data, kL2);
  const double optimum = optimum_of(workload, c);
  return {std::move(c), optimum};
}

const std::vector<Goal>& goals() {
  static const std::vector<Goal> all = [] {
    std::vector<Goal> made;
    made.push_back(goal("logreg", "rcv1-like:rows=203,features=60"));
    made.push_back(goal("logreg", "covtype-like:rows=203"));
    made.push_back(goal("l2-svm", "covtype-like:rows=203"));
    made.push_back(goal("least-squares", "quadratic:rows=203,features=10"));
    made.push_back(goal("softmax", "rcv1-like:rows=203,features=60"));
    made.push_back(goal("softmax", "mnist-like:rows=203"));
    return made;
  }();
  return all;
}

/// f − f* at the points of a run.
std::vector<double> suboptimality(const Goal& goal, const BackendEntry& entry, RunSpec spec,
                                  std::uint64_t epochs = kEpochs) {
  const Problem& problem = *goal.c.problem;
  spec.epochs = epochs;
  spec.evaluations = kPoints;
  spec.step.initial =
      automatic_step(problem, spec.rule, examples_per_update(entry, spec, problem.examples()),
                     [&](std::size_t b) { return problem.suggested_step(b); });
  std::vector<double> all;
  // By the naive reference: a network's loss is evaluated from scores in single precision.
  std::vector<std::uint32_t> rows(problem.examples());
  std::iota(rows.begin(), rows.end(), 0U);
  for (const auto& point : testing::run(entry, spec, problem).curve) {
    const std::vector<double> w(point.parameters.begin(), point.parameters.end());
    all.push_back(problem.reference_loss(w, rows) - goal.optimum);
  }
  return all;
}

RunSpec spec_for(const Goal& goal, const BackendEntry& entry, std::string_view rule,
                 std::size_t workers) {
  auto spec = testing::spec_for(entry, *goal.c.problem, workers, 4);
  spec.rule = parse_rule(rule, 0);
  return spec;
}

/// It falls at every point by a share at least, to where rounding may be what is left.
void check_that_it_falls(const std::vector<double>& all, double rounding = 1e-10) {
  constexpr double kShare = 0.8;
  REQUIRE(all.size() == kPoints + 1);
  for (std::size_t k = 1; k < all.size(); ++k) {
    CAPTURE(k);
    CHECK(all[k] < std::max(kShare * all[k - 1], rounding));
    CHECK(all[k] > -1e-12);
  }
}

}  // namespace

TEST_CASE("SAGA, SVRG and SARAH fall at one rate to 1e-10 above the optimum") {
  for (const auto& g : goals())
    for (const auto& rule : rule_catalog()) {
      if (rule.estimate == Estimate::plain || rule.estimate == Estimate::sag) continue;
      CAPTURE(g.c.name);
      CAPTURE(std::string(rule.name));
      for (const auto* name : {"sequential", "openmp-sync"}) {
        CAPTURE(std::string(name));
        const auto& entry = testing::backend(name);
        const std::size_t workers = entry.one_worker ? 1 : 3;
        const auto all = suboptimality(g, entry, spec_for(g, entry, rule.name, workers));
        check_that_it_falls(all);
        CHECK(all.back() < 1e-10);
      }
    }
}

TEST_CASE("So does SAG, whose steps are shorter, in more epochs, and single precision is enough") {
  const auto& entry = testing::backend("sequential");
  for (const auto& g : goals()) {
    if (g.c.name.starts_with("softmax")) continue;  // on several scores by another, slower loop
    CAPTURE(g.c.name);
    const auto all = suboptimality(g, entry, spec_for(g, entry, "sag", 1), 8 * kEpochs);
    check_that_it_falls(all);
    CHECK(all.back() < 1e-10);
  }
}

TEST_CASE("SAG that visits rows in turn is stable while γ·h·n < π²/2, and not beyond") {
  // One feature: h is the whole of f's curvature.
  const auto c = testing::make_case("least-squares", "quadratic:rows=203,features=1,noise=0", 0);
  const auto slope = [&](double w) {
    std::vector<std::uint32_t> rows(c.problem->examples());
    std::iota(rows.begin(), rows.end(), 0U);
    double g = 0;
    c.problem->reference_gradient({&w, 1}, rows, {&g, 1});
    return g;
  };
  const double h = slope(1) - slope(0);
  const auto distance = [&](double share) {
    auto spec = testing::spec_for(testing::backend("sequential"), *c.problem, 1, 1, 400);
    spec.rule = parse_rule("sag", 0);
    spec.shuffle.kind = Shuffle::Kind::none;
    const double n = static_cast<double>(c.problem->examples());
    spec.step.initial = share * std::numbers::pi * std::numbers::pi / (2 * h * n);
    const auto outcome = testing::run(testing::backend("sequential"), spec, *c.problem);
    return std::abs(slope(testing::final_parameters(outcome)[0])) / std::abs(slope(0));
  };
  CHECK(distance(0.9) < 1e-3);
  CHECK(distance(1.1) > 10);
}

TEST_CASE("SAGA and SVRG do with stale gradients, too, and SARAH takes none") {
  for (const auto& g : goals())
    for (const auto* rule : {"saga", "svrg", "lsvrg"}) {
      CAPTURE(g.c.name);
      CAPTURE(std::string(rule));
      const auto& entry = testing::backend("simulator");
      auto spec = spec_for(g, entry, rule, 4);
      spec.protocol = "async";
      const auto all = suboptimality(g, entry, spec);
      check_that_it_falls(all);
      CHECK(all.back() < 1e-10);
    }
}

TEST_CASE("SGD stops where its step says: about half as far from the optimum with half the step") {
  // An epoch is long beside what SGD remembers of it, 1/(γλ) updates: drawing without replacement
  // takes next to none of its noise away.
  const auto c = testing::make_case("logreg", "covtype-like:rows=20000", kL2);
  const auto optimum = optimum_of("logreg", c);
  const auto& entry = testing::backend("sequential");
  const auto floor_of = [&](double share) {
    auto spec = testing::spec_for(entry, *c.problem, 1, 1);
    spec.epochs = 4;
    spec.evaluations = 200;
    spec.step.initial = share * c.problem->suggested_step(1);
    const auto outcome = testing::run(entry, spec, *c.problem);
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t k = outcome.curve.size() / 4; k < outcome.curve.size(); ++k, ++count)
      sum += evaluate(*c.problem, outcome.curve[k].parameters, Part::train, serial_for).loss;
    return sum / static_cast<double>(count) - optimum;
  };
  const double whole = floor_of(1), half = floor_of(0.5);
  CHECK(half > 1e-6);
  CHECK(whole / half > 1.6);
  CHECK(whole / half < 2.6);
}
