// Rules that remember examples, against their naive reference (rules/reference_rules.h).
#include <doctest/doctest.h>

#include "tests/workloads_fixture.h"
#include "workloads/rules/reference_rules.h"

using namespace sgdbench;
using namespace sgdbench::testing;

namespace {

std::vector<RuleSpec> rules_with_memory() {
  std::vector<RuleSpec> rules;
  for (const auto& row : rule_catalog())
    if (row.estimate != Estimate::plain) rules.push_back(parse_rule(row.name, 0));
  return rules;
}

constexpr double kStep = 0.02;
constexpr std::size_t kBetweenFull = 60;  // examples

/// As a backend makes it (backends/pooled_backend.h), by one worker.
void make_full(const Problem& problem, const Rule& rule, std::span<Real> state) {
  const auto worker = problem.make_worker({&rule, 1, nullptr});
  std::vector<Real> sum(problem.parameters());
  for (std::uint32_t i = 0; i < problem.examples(); ++i) {
    worker->prepare({&i, 1});
    worker->compute_from(state.first(problem.parameters()));
    const GradientSum gradient = worker->gradient_sum();
    rule.remember_all(state, gradient);
    for (std::size_t v = 0; v < gradient.values.size(); ++v)
      sum[gradient.packed ? gradient.support[v] : v] += gradient.values[v];
  }
  const std::span<const Real> sums[] = {sum};
  rule.take_full_gradient(state, sums, 0, sum.size() / 2);
  rule.take_full_gradient(state, sums, sum.size() / 2, sum.size());
}

/// Rows in epochs, each in an order of its own.
std::vector<std::uint32_t> some_epochs(std::size_t epochs) {
  std::vector<std::uint32_t> all;
  for (std::size_t e = 0; e < epochs; ++e) {
    const auto rows = random_rows(kRows, kRows, 40 + e);
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

/// Where the naive reference is after each update.
std::vector<std::vector<double>> reference_steps(const Problem& problem, const RuleSpec& rule,
                                                 std::size_t batch,
                                                 std::span<const std::uint32_t> rows,
                                                 std::span<const Real> start) {
  ReferenceMemory memory(problem, rule);
  std::vector<double> w(start.begin(), start.end()), g(w.size());
  const bool makes_full = rule_entry(rule.name).full_gradients != nullptr;
  std::vector<std::vector<double>> steps;
  for (std::size_t k = 0; k < rows.size(); k += batch) {
    if (makes_full && k % kBetweenFull == 0) memory.make_full(w);
    const ReferenceMemory::Part part{w, rows.subspan(k, std::min(batch, rows.size() - k))};
    memory.estimate(w, {&part, 1}, g);
    rule_entry(rule.name).reference(rule, w, g, kStep);
    steps.push_back(w);
  }
  return steps;
}

std::vector<std::uint32_t> all_rows() {
  std::vector<std::uint32_t> all(kRows);
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

/// The updates of one worker in place.
void run_updates(const Problem& problem, const Rule& rule, std::span<Real> state,
                 std::span<const std::uint32_t> rows, std::size_t batch) {
  std::atomic<std::uint64_t> applied{0};
  const StepSize step{kStep, Schedule::constant, 1, 0, StalenessPolicy::none};
  problem.make_worker({&rule, batch, nullptr})
      ->run_in_place(state, {rows, batch, 0, step.during(0), Access::exclusive, &applied});
}

}  // namespace

TEST_CASE("Step by step the parameters are those of the naive reference, for every rule") {
  const auto rows = some_epochs(3);
  std::size_t checked = 0;
  for (const Example& e : all_examples(0.02))
    for (const RuleSpec& spec : rules_with_memory()) {
      const Problem& problem = *e.problem;
      if (!problem.why_no_rule(spec).empty()) continue;
      for (const std::size_t batch : {1u, 4u}) {
        CAPTURE(e.name);
        CAPTURE(spec.name);
        CAPTURE(batch);
        const auto rule = problem.make_rule(spec);
        const auto worker = problem.make_worker({rule.get(), batch, nullptr});
        auto state = random_point(problem.parameters(), 11);
        const auto expected = reference_steps(problem, spec, batch, rows, state);
        state.resize(rule->state_size());
        std::atomic<std::uint64_t> applied{0};
        const StepSize step{kStep, Schedule::constant, 1, 0, StalenessPolicy::none};
        const bool makes_full_gradients = rule_entry(spec.name).full_gradients != nullptr;
        double worst = 0;
        for (std::size_t t = 0; t < expected.size(); ++t) {
          const auto now =
              std::span(rows).subspan(t * batch, std::min(batch, rows.size() - t * batch));
          if (makes_full_gradients && t * batch % kBetweenFull == 0)
            make_full(problem, *rule, state);
          worker->run_in_place(state, {now, batch, t, step.during(0), Access::exclusive, &applied});
          worst = std::max(
              worst, relative_error(std::span(state).first(problem.parameters()), expected[t]));
        }
        CHECK(worst < 2e-5);
        ++checked;
      }
    }
  CHECK(checked >= 4 * 2 * 8 + 3 * 2 * 4);
}

TEST_CASE("SVRG at its full gradient's parameters is the full-gradient step, whatever the row") {
  for (const Example& e : all_examples(0.02)) {
    const Problem& problem = *e.problem;
    const RuleSpec spec = parse_rule("svrg", 0);
    if (!problem.why_no_rule(spec).empty()) continue;
    const auto rule = problem.make_rule(spec);
    auto start = random_point(problem.parameters(), 4);
    std::vector<double> w(start.begin(), start.end()), full(w.size()), spread(w.size());
    problem.reference_gradient(w, all_rows(), full);
    start.resize(rule->state_size());
    make_full(problem, *rule, start);
    for (const std::uint32_t row : {0U, 7U, 39U}) {
      CAPTURE(e.name);
      auto state = start;
      run_updates(problem, *rule, state, {&row, 1}, 1);
      problem.reference_spread(full, {&row, 1}, spread);
      std::vector<double> expected = w;
      for (std::size_t i = 0; i < w.size(); ++i) expected[i] -= kStep * spread[i];
      CHECK(relative_error(std::span(state).first(w.size()), expected) < 1e-5);
    }
  }
}

TEST_CASE(
    "The estimates of SAGA and SVRG have no bias, and SAG's and SARAH's have, over all rows") {
  // After some updates, the mean of the estimate over all rows that could be next.
  for (const Example& e : all_examples(0.02))
    for (const RuleSpec& spec : rules_with_memory()) {
      const Problem& problem = *e.problem;
      if (!problem.why_no_rule(spec).empty()) continue;
      CAPTURE(e.name);
      CAPTURE(spec.name);
      ReferenceMemory memory(problem, spec);
      const auto start = random_point(problem.parameters(), 4);
      std::vector<double> w(start.begin(), start.end()), g(w.size()), mean(w.size());
      if (rule_entry(spec.name).full_gradients != nullptr) memory.make_full(w);
      for (const std::uint32_t row : random_rows(25, kRows, 6)) {
        const ReferenceMemory::Part part{w, {&row, 1}};
        memory.estimate(w, {&part, 1}, g);
        for (std::size_t i = 0; i < w.size(); ++i) w[i] -= 0.3 * g[i];
      }
      for (std::uint32_t row = 0; row < kRows; ++row) {
        ReferenceMemory next = memory;
        const ReferenceMemory::Part part{w, {&row, 1}};
        next.estimate(w, {&part, 1}, g);
        for (std::size_t i = 0; i < w.size(); ++i) mean[i] += g[i] / kRows;
      }
      problem.reference_gradient(w, all_rows(), g);
      const double bias = relative_error(mean, g);
      const Estimate estimate = rule_entry(spec.name).estimate;
      if (estimate == Estimate::sag || estimate == Estimate::sarah)
        CHECK(bias > 1e-3);
      else
        CHECK(bias < 1e-9);
    }
}

TEST_CASE("The first update of SARAH after a full gradient is a step along it, whatever the row") {
  for (const Example& e : all_examples(0.02)) {
    const Problem& problem = *e.problem;
    const RuleSpec spec = parse_rule("sarah", 0);
    if (!problem.why_no_rule(spec).empty()) continue;
    CAPTURE(e.name);
    const auto rule = problem.make_rule(spec);
    auto state = random_point(problem.parameters(), 4);
    std::vector<double> expected(state.begin(), state.end()), full(state.size());
    problem.reference_gradient(expected, all_rows(), full);
    for (std::size_t i = 0; i < full.size(); ++i) expected[i] -= kStep * full[i];
    state.resize(rule->state_size());
    make_full(problem, *rule, state);
    const std::uint32_t row = 7;
    run_updates(problem, *rule, state, {&row, 1}, 1);
    CHECK(relative_error(std::span(state).first(full.size()), expected) < 1e-5);
  }
}

TEST_CASE("SARAH on all examples at every update is gradient descent") {
  for (const Example& e : all_examples(0.02)) {
    const Problem& problem = *e.problem;
    const RuleSpec spec = parse_rule("sarah", 0);
    if (!problem.why_no_rule(spec).empty()) continue;
    CAPTURE(e.name);
    const auto rule = problem.make_rule(spec), sgd = problem.make_rule({});
    auto a = random_point(problem.parameters(), 4);
    auto b = a;
    a.resize(rule->state_size());
    make_full(problem, *rule, a);
    std::vector<std::uint32_t> rows;
    for (int t = 0; t < 5; ++t)
      for (const std::uint32_t row : all_rows()) rows.push_back(row);
    run_updates(problem, *rule, a, rows, kRows);
    run_updates(problem, *sgd, b, rows, kRows);
    CHECK(relative_error(std::span(a).first(b.size()), b) < 2e-5);
  }
}

TEST_CASE("SAG on one example is gradient descent") {
  const TrainTest data{dataset(true, 2, 1), {}};
  const auto problem = make_problem(linear("logreg", 0.02, false), data);
  const auto rule = problem->make_rule(parse_rule("sag", 0)), sgd = problem->make_rule({});
  auto a = random_point(problem->parameters(), 4);
  auto b = a;
  a.resize(rule->state_size());
  const std::vector<std::uint32_t> rows(20, 0);
  run_updates(*problem, *rule, a, rows, 1);
  run_updates(*problem, *sgd, b, rows, 1);
  CHECK(relative_error(std::span(a).first(b.size()), b) < 1e-5);
}
